import Documents

/// A model's vocabulary and the files that hold it, for a pass that takes words out.
public protocol VocabularyEditing: Sendable {
  /// The number of identifiers.
  var count: Int { get }
  /// Those that no model may lose: padding, unknown, separators, masks, and what was added by hand.
  var specialIDs: [Int] { get }
  /// Each token by its identifier as the vocabulary spells it, nil where an identifier has none.
  var tokens: [String?] { get }
  /// What each token stands for in a text, without the signs by which it begins or continues a word; nil where that is
  /// no text: for bytes within a character, and where there is no token.
  var texts: [String?] { get }
  /// How often each token occurs in the lines of a text file, or in what the task of a folder is learned from.
  func frequencies(inFile path: String, threads: Int) throws -> [Int]
  /// Tokens, and all those without which the model would not find them where it found them before.
  func closure(of ids: [Int]) -> [Int]
  /// The tokens of single characters by which every word of the characters of some tokens can be spelled, as far as there are.
  func alphabet(of ids: [Int]) -> [Int]
  /// The vocabulary's files without the other tokens, by their names, the kept ones renumbered in the order given.
  ///
  /// - Parameters:
  ///   - ids: in increasing order; nil for all, under the numbers that they have.
  ///   - limit: the most tokens that a text may have, where the files are to say it; nil where they say it already.
  func files(keeping ids: [Int]?, limit: Int?) throws -> [String: [UInt8]]
}

/// What identifiers become when some of them go and the others close ranks.
public struct TokenRenumbering: Sendable {
  private let numbers: [Int: Int]

  /// - Parameter ids: those that stay, in the order of their new numbers.
  public init(keeping ids: [Int]) {
    numbers = Dictionary(ids.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The new number of an identifier; nil if it is gone.
  public subscript(id: Int) -> Int? { numbers[id] }

  public var count: Int { numbers.count }
}

extension JSON {
  /// The identifiers of tokens that a configuration names, such as `pad_token_id`.
  package var tokenIDs: [Int] {
    (members ?? []).filter { $0.key.hasSuffix("_token_id") }.flatMap { _, value in
      value.integer.map { [$0] } ?? (value.array ?? []).compactMap(\.integer)
    }
  }

  /// The configuration with the identifiers of tokens that it names renumbered; those that are none stay.
  package func renumberingTokens(_ numbers: TokenRenumbering) -> JSON {
    guard let members else { return self }
    func renumbered(_ value: JSON) -> JSON {
      switch value {
      case .integer(let id): .integer(numbers[id] ?? id)
      case .array(let ids): .array(ids.map(renumbered))
      default: value
      }
    }
    return .object(
      members.map { key, value in
        (key, key.hasSuffix("_token_id") ? renumbered(value) : value)
      })
  }
}
