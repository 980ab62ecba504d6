import Checkpoints
import Encoders
import Tensors

/// The vocabulary of a model's folder, from which tokens can be taken out.
public struct TokenizerVocabulary: VocabularyEditing {
  let tokenizer: Tokenizer
  let folder: String
  /// The tokens that merges make each token of, where the model is byte-pair encoding.
  let parts: [Int32: [Int32]]
  /// The least likely token of a Unigram model.
  let leastLikely: Int32?

  /// - Throws: ``Failure`` if there is no vocabulary, or something in the files is wrong or unknown.
  public init(folder: String) throws {
    self.folder = folder
    tokenizer = try Tokenizer(folder: folder)
    var parts: [Int32: [Int32]] = [:]
    if case .bytePair(let model) = tokenizer.model {
      model.merges.eachMerge { parts[$2, default: []] += [$0, $1] }
    }
    self.parts = parts
    guard case .unigram(let model) = tokenizer.model else {
      leastLikely = nil
      return
    }
    leastLikely = model.scores.indices.min { model.scores[$0] < model.scores[$1] }
      .map { Int32($0) }
  }

  public var count: Int { tokenizer.vocabularySize }

  public var tokens: [String?] { (0..<count).map { tokenizer.token(Int32($0)) } }

  public var specialIDs: [Int] {
    let special = tokenizer.specialTokens
    var ids = Set(tokenizer.addedContents.keys)
    ids.formUnion(tokenizer.postProcessor.specialIDs)
    ids.formUnion(
      [special.mask, special.pad, special.cls, special.sep, special.unk].compactMap(\.self))
    switch tokenizer.model {
    case .wordPiece(let model): ids.insert(model.unknown)
    case .bytePair(let model): ids.formUnion([model.settings.unknown].compactMap(\.self))
    case .unigram(let model): ids.insert(model.unknown)
    }
    return ids.map { Int($0) }.sorted()
  }

  public var texts: [String?] {
    (0..<count).map { id in
      if let added = tokenizer.addedContents[Int32(id)] { return added }
      guard let bytes = tokenizer.model.vocabulary.bytes(of: Int32(id)) else { return nil }
      switch tokenizer.model {
      case .wordPiece(let model):
        return String(decoding: bytes.without(model.prefix), as: UTF8.self)
      case .unigram:
        return String(decoding: bytes, as: UTF8.self).replacing("\u{2581}", with: " ")
      case .bytePair(let model):
        guard tokenizer.isByteLevel else {
          var text = bytes.without(model.settings.continuationPrefix)
          let suffix = model.settings.endSuffix
          if !suffix.isEmpty, text.suffix(suffix.count).elementsEqual(suffix) {
            text = text.dropLast(suffix.count)
          }
          return String(decoding: text, as: UTF8.self)
        }
        return ByteLevelAlphabet.text(of: String(decoding: bytes, as: UTF8.self))
      }
    }
  }
}

extension Tokenizer {
  /// Whether the vocabulary is written in the signs of bytes.
  var isByteLevel: Bool { (preTokenizer?.byteLevels ?? 0) > 0 || normalizer?.isByteLevel == true }
}

extension Normalizer {
  fileprivate var isByteLevel: Bool {
    switch self {
    case .byteLevel: true
    case .sequence(let parts): parts.contains { $0.isByteLevel }
    default: false
    }
  }
}

extension ByteLevelAlphabet {
  private static let bytesOfSigns: [Unicode.Scalar: UInt8] = Dictionary(
    uniqueKeysWithValues: signs.enumerated().map { ($1, UInt8($0)) })

  /// The text that signs stand for; nil where they are not those of whole characters.
  fileprivate static func text(of signs: String) -> String? {
    let bytes = signs.unicodeScalars.compactMap { bytesOfSigns[$0] }
    guard bytes.count == signs.unicodeScalars.count else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}

extension ArraySlice<UInt8> {
  fileprivate func without(_ prefix: [UInt8]) -> ArraySlice<UInt8> {
    starts(with: prefix) ? dropFirst(prefix.count) : self
  }
}
