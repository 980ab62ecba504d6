/// The pre-tokenization of BERT: white space is dropped, each punctuation mark stands alone.
enum BERTPreTokenizer {
  static func split(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ output: inout [PieceList.Piece]
  ) {
    var start = range.lowerBound
    var position = start
    asciiKinds.withUnsafeBufferPointer { asciiKinds in
      while position < range.upperBound {
        var length = 1
        var kind = asciiKinds[Int(bytes[position])]
        if bytes[position] >= 0x80 { (kind, length) = classify(bytes, position) }
        if kind != 0 {
          if start < position { output.append(.init(range: start..<position)) }
          start = position + length
          if kind == 2 { output.append(.init(range: position..<start)) }
        }
        position += length
      }
    }
    if start < range.upperBound { output.append(.init(range: start..<range.upperBound)) }
  }

  /// 1 for white space, 2 for punctuation, 0 for all else; and how many bytes the scalar has.
  private static func classify(
    _ bytes: UnsafeBufferPointer<UInt8>, _ position: Int
  ) -> (UInt8, Int) {
    let (scalar, length) = UTF8Scalar.decode(bytes, at: position)
    let flags = ScalarClass(of: scalar)
    return (flags.contains(.whitespace) ? 1 : flags.contains(.punctuation) ? 2 : 0, length)
  }

  private static let asciiKinds: [UInt8] = (0..<256).map { value in
    guard value < 0x80 else { return 0 }
    let flags = ScalarClass(of: Unicode.Scalar(UInt8(value)))
    return flags.contains(.whitespace) ? 1 : flags.contains(.punctuation) ? 2 : 0
  }
}
