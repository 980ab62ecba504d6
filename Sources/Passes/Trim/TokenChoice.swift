import Checkpoints
import Tensors

/// Which tokens stay.
struct TokenChoice {
  private let vocabulary: any VocabularyEditing
  /// Named in a list.
  private let listed: [Int]
  /// Those that frequencies and scripts let through, the most frequent first.
  private let ranked: [Int]
  private let size: Int?

  /// - Parameter rows: of the word embedding, for which statistics may have counted.
  init(
    _ arguments: PassArguments, _ scripts: Scripts?, vocabulary: any VocabularyEditing,
    statistics: Statistics?,
    rows: Int, threads: Int
  ) throws {
    self.vocabulary = vocabulary
    size = arguments.integer("size")
    listed = try arguments.text("tokens").map { try Self.list($0, vocabulary) } ?? []
    var scripts = scripts
    let corpus = arguments.texts("corpus")
    var counts: [Double]?
    if !corpus.isEmpty {
      var sums = [Int](repeating: 0, count: vocabulary.count)
      for path in corpus {
        let found = try vocabulary.frequencies(inFile: path, threads: threads)
        for (id, count) in found.enumerated() { sums[id] += count }
      }
      counts = sums.map(Double.init)
    } else if let path = arguments.text("statistics") {
      guard let found = try statistics?.tokenFrequencies(count: rows) else {
        throw Failure(
          PassReason.unfit(
            pass: Trim.declaration.name, why: "the statistics hold no tokens.frequency"),
          at: Place(file: path))
      }
      counts = found.prefix(vocabulary.count).map(Double.init)
    }
    let texts = vocabulary.texts
    let least = Double(arguments.integer("minimum-count") ?? 1)
    let candidates = (0..<vocabulary.count).filter { id in
      if let counts, counts[id] < least { return false }
      guard counts != nil || scripts != nil else { return false }
      return scripts == nil || texts[id].map { scripts?.contain($0) ?? true } ?? false
    }
    ranked =
      counts.map { counts in
        candidates.sorted { counts[$0] != counts[$1] ? counts[$0] > counts[$1] : $0 < $1 }
      } ?? candidates
  }

  /// The identifiers that stay, in increasing order.
  ///
  /// - Parameter named: those that the configuration names.
  /// - Throws: ``Failure`` if what must stay is more than the size that was asked for.
  func ids(with named: [Int]) throws -> [Int] {
    var kept = Set(
      vocabulary.closure(
        of: vocabulary.specialIDs + named + listed + vocabulary.alphabet(of: listed + ranked)))
    let size = size ?? vocabulary.count
    guard kept.count <= size else {
      throw Trim.unfit(
        "\(size) tokens are too few: special tokens, single characters and what is listed are \(kept.count)"
      )
    }
    for id in ranked where !kept.contains(id) && kept.count < size {
      let more = vocabulary.closure(of: [id]).filter { !kept.contains($0) }
      if kept.count + more.count <= size { kept.formUnion(more) }
    }
    return kept.sorted()
  }

  /// The tokens that stand in the lines of a file.
  private static func list(_ path: String, _ vocabulary: any VocabularyEditing) throws -> [Int] {
    let file = try InputFile(path)
    guard file.byteCount <= 64 << 20 else {
      throw Failure(
        PassReason.unfit(pass: Trim.declaration.name, why: "is too large for a list of tokens"),
        at: Place(file: path))
    }
    let numbers = Dictionary(
      vocabulary.tokens.enumerated().compactMap { id, token in token.map { ($0, id) } },
      uniquingKeysWith: { first, _ in first })
    let text = String(decoding: try file.bytes(0..<file.byteCount), as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline).map(String.init)
    return try lines.map { line in
      guard let id = numbers[line] else {
        throw Failure(
          PassReason.unfit(
            pass: Trim.declaration.name, why: "'\(printable(line))' is not in the vocabulary"),
          at: Place(file: path))
      }
      return id
    }
  }
}
