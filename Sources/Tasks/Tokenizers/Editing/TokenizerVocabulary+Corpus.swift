import Synchronization
import Tensors

extension TokenizerVocabulary {
  /// Of a task's folder the texts of its train split are counted. A file is read some pieces at a time, each cut at the end of a line, or at
  /// a space where a line is longer than a piece.
  public func frequencies(inFile path: String, threads: Int) throws -> [Int] {
    guard !isFolder(path) else {
      return try frequencies(in: try Task.read(path, split: "train"), threads: threads)
    }
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
        let found = frequencies(in: piece, areWords: false)
        counts.withLock { sums in for (id, count) in found { sums[id] += count } }
      }
    }
    return counts.withLock { $0 }
  }

  private func frequencies(in task: Task, threads: Int) throws -> [Int] {
    let counts = Mutex([Int](repeating: 0, count: count))
    let pieces = stride(from: 0, to: task.examples.count, by: Self.examplesOfPiece).map {
      task.examples[$0..<min($0 + Self.examplesOfPiece, task.examples.count)]
    }
    try Workers.forEach(pieces, threads: threads) { examples in
      for areWords in [false, true] {
        let lines = examples.flatMap { areWords ? $0.words : $0.texts }.joined(separator: "\n")
        let found = frequencies(in: Array(lines.utf8), areWords: areWords)
        counts.withLock { sums in for (id, count) in found { sums[id] += count } }
      }
    }
    return counts.withLock { $0 }
  }

  private static let examplesOfPiece = 1024
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
  private func frequencies(in lines: [UInt8], areWords: Bool) -> [Int: Int] {
    // A corpus may hold what is no UTF-8; a tokenizer may not be shown that.
    var text = String(decoding: lines, as: UTF8.self)
    var counts: [Int: Int] = [:]
    text.withUTF8 { bytes in
      TextFile.eachLine(bytes) { line, _ in
        var tokens = TokenBuffer(trims: false, capacity: line.count / 4 + 4)
        tokenizer.tokenize(line, isWord: areWords, into: &tokens)
        for id in tokens.ids { counts[Int(id), default: 0] += 1 }
      }
    }
    return counts
  }
}

extension Example {
  /// Its one or two texts, as far as they are not words.
  fileprivate var texts: [String] { [text, second ?? ""].filter { !$0.isEmpty } }
}
