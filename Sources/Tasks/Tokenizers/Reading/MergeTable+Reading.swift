import Tensors

extension MergeTable {
  /// The `merges` of a tokenizer.json: `"a b"` or `["a", "b"]` each.
  ///
  /// - Parameter prefix: what the second token of a merge loses when the two are joined.
  init(_ document: TokenizerDocument, _ vocabulary: Vocabulary, _ prefix: [UInt8]) throws {
    var table = MergeTable(capacity: document.byteCount(of: "merges") / 12)
    var rank: Int32 = 0
    try document.scan("merges") { scanner in
      try scanner.eachElement { (scanner) throws(Failure) in
        if scanner.peek() == UInt8(ascii: "[") {
          let (merge, split) = try scanner.pair()
          try merge.withUnsafeBufferPointer { merge throws(Failure) in
            let (first, second) = (0..<split, split..<merge.count)
            try table.add(merge, first, second, rank, vocabulary, prefix, scanner.failure)
          }
        } else {
          try scanner.string { (scanner, merge) throws(Failure) in
            try table.add(merge, rank, vocabulary, prefix, scanner.failure)
          }
        }
        rank += 1
      }
    }
    self = table
  }

  /// A merges.txt: a merge in each line; lines that begin with `#version` are none.
  init(lines path: String, _ vocabulary: Vocabulary) throws {
    let bytes = try TextFile.read(path)
    var table = MergeTable(capacity: bytes.count / 9)
    var rank: Int32 = 0
    try bytes.withUnsafeBufferPointer { bytes in
      try TextFile.eachLine(bytes) { (line, start) throws(Failure) in
        if line.isEmpty || line.starts(with: "#version".utf8) { return }
        try table.add(line, rank, vocabulary, []) { reason, _ in
          Failure(reason, at: Place(file: path, offset: start))
        }
        rank += 1
      }
    }
    self = table
  }

  private typealias Complaint = (TokenizerReason, _ offset: Int?) -> Failure

  /// Adds two tokens with one space between them.
  private mutating func add(
    _ merge: UnsafeBufferPointer<UInt8>, _ rank: Int32, _ vocabulary: Vocabulary,
    _ prefix: [UInt8], _ failure: Complaint
  ) throws(Failure) {
    guard let space = merge.firstIndex(of: 0x20), merge.lastIndex(of: 0x20) == space else {
      throw failure(.mergeOfUnknown(String(decoding: merge, as: UTF8.self)), nil)
    }
    let (first, second) = (0..<space, space + 1..<merge.count)
    try add(merge, first, second, rank, vocabulary, prefix, failure)
  }

  private mutating func add(
    _ merge: UnsafeBufferPointer<UInt8>, _ first: Range<Int>, _ second: Range<Int>, _ rank: Int32,
    _ vocabulary: Vocabulary, _ prefix: [UInt8], _ failure: Complaint
  ) throws(Failure) {
    let ids: (first: Int32, second: Int32, both: Int32)? = vocabulary.withReader { reader in
      guard merge[second].starts(with: prefix) else { return nil }
      let rest = second.lowerBound + prefix.count..<second.upperBound
      let opening = UnsafeBufferPointer(rebasing: merge[first])
      let hash = opening.reduce(reader.start) { reader.hash($0, $1) }
      let whole = merge[rest].reduce(hash) { reader.hash($0, $1) }
      let own = merge[second].reduce(reader.start) { reader.hash($0, $1) }
      guard let firstID = reader.id(hash, merge, first),
        let secondID = reader.id(own, merge, second),
        let both = reader.id(whole, merge, rest, behind: opening)
      else { return nil }
      return (firstID, secondID, both)
    }
    guard let ids else {
      throw failure(.mergeOfUnknown(String(decoding: merge, as: UTF8.self)), nil)
    }
    add(ids.first, ids.second, rank: rank, id: ids.both)
  }
}

extension JSONScanner {
  /// An array of two strings, one behind the other, and where the second begins.
  fileprivate mutating func pair() throws(Failure) -> (bytes: [UInt8], split: Int) {
    var bytes: [UInt8] = []
    try expect("[")
    try string { (_, text) throws(Failure) in bytes += text }
    let split = bytes.count
    try expect(",")
    try string { (_, text) throws(Failure) in bytes += text }
    try expect("]")
    return (bytes, split)
  }
}
