/// WordPiece: the longest token that a word begins with, then the longest that what is left begins
/// with, under a prefix for tokens that continue a word; a word with anything left over is unknown.
///
/// Source: Wu et al. (2016), as in BERT's tokenization.py.
struct WordPieceModel {
  let vocabulary: Vocabulary
  let unknown: Int32
  private let scalarLimit: Int
  /// What tokens that continue a word begin with.
  let prefix: [UInt8]

  /// - Parameters:
  ///   - prefix: what tokens that continue a word begin with.
  ///   - scalarLimit: words of more scalars are unknown.
  init(
    _ vocabulary: Vocabulary, unknown: String, prefix: String, scalarLimit: Int
  ) throws(TokenizerReason) {
    guard let id = vocabulary.id(of: unknown) else {
      throw .notInVocabulary(unknown, role: "unknown token")
    }
    self.vocabulary = vocabulary
    self.unknown = id
    self.prefix = Array(prefix.utf8)
    self.scalarLimit = scalarLimit
  }

  /// The tokens of a word, as id and range of bytes.
  @inline(__always) func tokenize(
    _ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ reader: Vocabulary.Reader,
    _ emit: (Int32, Range<Int>) -> Void
  ) {
    if word.count > scalarLimit, isLong(text, word) { return emit(unknown, word) }
    var hash = reader.start
    for index in word { hash = reader.hash(hash, text[index]) }
    // Most words are one token.
    if let id = reader.id(hash, text, word) { return emit(id, word) }
    for (id, range) in pieces(text, word, reader) ?? [(unknown, word)] { emit(id, range) }
  }

  /// The tokens of a word that is not one; nil if something is left over.
  private func pieces(
    _ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ reader: Vocabulary.Reader
  ) -> [(Int32, Range<Int>)]? {
    prefix.withUnsafeBufferPointer { prefix in
      var pieces: [(Int32, Range<Int>)] = []
      let continued = prefix.reduce(reader.start) { reader.hash($0, $1) }
      var start = word.lowerBound
      while start < word.upperBound {
        let isFirst = start == word.lowerBound
        let behind = isFirst ? UnsafeBufferPointer(rebasing: prefix[0..<0]) : prefix
        var hash = isFirst ? reader.start : continued
        var found: (id: Int32, end: Int)?
        let limit = min(word.upperBound, start + vocabulary.longest)
        for index in start..<limit {
          hash = reader.hash(hash, text[index])
          let end = index + 1
          guard end == word.upperBound || UTF8Scalar.begins(text[end]) else { continue }
          if let id = reader.id(hash, text, start..<end, behind: behind) { found = (id, end) }
        }
        guard let found else { return nil }
        pieces.append((found.id, start..<found.end))
        start = found.end
      }
      return pieces
    }
  }

  private func isLong(_ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) -> Bool {
    var count = 0
    for byte in text[word] where UTF8Scalar.begins(byte) { count += 1 }
    return count > scalarLimit
  }
}
