import Tensors

extension Vocabulary {
  /// The lines of a vocab.txt: a token each, whose id is its line's number from 0.
  init(lines path: String) throws {
    let bytes = try TextFile.read(path)
    self.init(byteCount: bytes.count, entryLength: 8)
    var id = 0
    try bytes.withUnsafeBufferPointer { bytes in
      try TextFile.eachLine(bytes) { (line, offset) throws(Failure) in
        do throws(TokenizerReason) {
          try add(line, id: id)
        } catch {
          throw Failure(error, at: Place(file: path, offset: offset))
        }
        id += 1
      }
    }
  }

  /// The `vocab` of WordPiece and BPE in a tokenizer.json.
  init(_ document: TokenizerDocument) throws {
    var vocabulary = Vocabulary(byteCount: document.byteCount(of: "vocab"), entryLength: 16)
    try document.scan("vocab") { try vocabulary.read(object: &$0) }
    self = vocabulary
  }

  /// A vocab.json.
  init(object path: String) throws {
    let bytes = try TextFile.read(path)
    var vocabulary = Vocabulary(byteCount: bytes.count, entryLength: 16)
    try bytes.withUnsafeBufferPointer { bytes in
      var scanner = JSONScanner(bytes, path: path)
      try vocabulary.read(object: &scanner)
    }
    self = vocabulary
  }

  /// Reads an object of tokens and their ids.
  private mutating func read(object scanner: inout JSONScanner) throws(Failure) {
    try scanner.eachMember { (scanner, token) throws(Failure) in
      let offset = scanner.position
      let id = try scanner.integer()
      do throws(TokenizerReason) {
        try add(token, id: id)
      } catch {
        throw scanner.failure(error, at: offset)
      }
    }
  }

  /// The `vocab` of Unigram in a tokenizer.json: an array of tokens and scores.
  static func withScores(_ document: TokenizerDocument) throws -> (Vocabulary, [Double]) {
    var vocabulary = Vocabulary(byteCount: document.byteCount(of: "vocab"), entryLength: 32)
    var scores: [Double] = []
    try document.scan("vocab") { scanner in
      try scanner.eachElement { (scanner) throws(Failure) in
        try scanner.expect("[")
        try scanner.string { (scanner, token) throws(Failure) in
          do throws(TokenizerReason) {
            try vocabulary.add(token, id: scores.count)
          } catch {
            throw scanner.failure(error)
          }
        }
        try scanner.expect(",")
        scores.append(try scanner.number())
        try scanner.expect("]")
      }
    }
    return (vocabulary, scores)
  }
}
