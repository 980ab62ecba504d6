/// WordPiece: the longest token that a word begins with, then the longest that what is left begins
/// with, under a prefix for tokens that continue a word; a word with anything left over is unknown.
///
/// Source: Wu et al. (2016), as in BERT's tokenization.py.
struct WordPieceModel {
  let vocabulary: Vocabulary
  private let unknown: Int32
  private let scalarLimit: Int
  /// Where the continuation prefix leads in the vocabulary; nil if no token continues a word.
  private let continuation: ByteTrie.Node?

  /// - Parameter scalarLimit: words of more scalars are unknown.
  init(
    _ vocabulary: Vocabulary, unknown: String, prefix: String, scalarLimit: Int
  ) throws(TokenizerReason) {
    guard let id = vocabulary.id(of: unknown) else {
      throw .notInVocabulary(unknown, role: "unknown token")
    }
    self.vocabulary = vocabulary
    self.unknown = id
    self.scalarLimit = scalarLimit
    continuation = vocabulary.trie.node(of: prefix.utf8)
  }

  /// The tokens of a word, as id and range of bytes.
  @inline(__always) func tokenize(
    _ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ emit: (Int32, Range<Int>) -> Void
  ) {
    if word.count > scalarLimit, isLong(text, word) { return emit(unknown, word) }
    // Most words are one token.
    var end = longest(text, word, from: ByteTrie.root)
    if end.position == word.upperBound { return emit(end.id, word) }
    guard end.position > word.lowerBound, let continuation else { return emit(unknown, word) }
    var tokens = [(end.id, word.lowerBound..<end.position)]
    while end.position < word.upperBound {
      let start = end.position
      end = longest(text, start..<word.upperBound, from: continuation)
      guard end.position > start else { return emit(unknown, word) }
      tokens.append((end.id, start..<end.position))
    }
    for (id, range) in tokens { emit(id, range) }
  }

  @inline(__always) private func longest(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, from node: ByteTrie.Node
  ) -> (position: Int, id: Int32) {
    var found = (position: range.lowerBound, id: unknown)
    vocabulary.trie.eachPrefix(of: text, in: range, from: node) { found = ($0, $1) }
    return found
  }

  private func isLong(_ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>) -> Bool {
    var count = 0
    for byte in text[word] where UTF8Scalar.begins(byte) { count += 1 }
    return count > scalarLimit
  }
}
