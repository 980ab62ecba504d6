import Synchronization
import Tensors

extension TokenizerVocabulary {
  /// The file is read some pieces at a time, each cut at the end of a line, or at a space where a line is longer than a piece.
  public func frequencies(inFile path: String, threads: Int) throws -> [Int] {
    let file = try InputFile(path)
    let counts = Mutex([Int](repeating: 0, count: count))
    var position = 0
    while position < file.byteCount {
      var pieces: [[UInt8]] = []
      while pieces.count < max(1, threads), position < file.byteCount {
        let piece = try Self.piece(of: file, from: position)
        position += piece.count
        pieces.append(piece)
      }
      try Workers.forEach(pieces, threads: threads) { piece in
        let found = frequencies(in: piece)
        counts.withLock { sums in for (id, count) in found { sums[id] += count } }
      }
    }
    return counts.withLock { $0 }
  }

  private static let pieceSize = 1 << 20

  private static func piece(of file: InputFile, from start: Int) throws -> [UInt8] {
    let end = min(start + pieceSize, file.byteCount)
    var piece = try file.bytes(start..<end)
    guard end < file.byteCount else { return piece }
    let cut =
      piece.lastIndex(of: 0x0A).map { $0 + 1 } ?? piece.lastIndex(of: 0x20)
      ?? piece.lastIndex(where: UTF8Scalar.begins) ?? piece.count
    if cut > 0 { piece.removeSubrange(cut...) }
    return piece
  }

  /// The counts of the tokens in some lines.
  private func frequencies(in lines: [UInt8]) -> [Int: Int] {
    // A corpus may hold what is no UTF-8; a tokenizer may not be shown that.
    var text = String(decoding: lines, as: UTF8.self)
    var counts: [Int: Int] = [:]
    text.withUTF8 { bytes in
      TextFile.eachLine(bytes) { line, _ in
        var tokens = TokenBuffer(trims: false, capacity: line.count / 4 + 4)
        tokenizer.tokenize(line, isWord: false, into: &tokens)
        for id in tokens.ids { counts[Int(id), default: 0] += 1 }
      }
    }
    return counts
  }
}
