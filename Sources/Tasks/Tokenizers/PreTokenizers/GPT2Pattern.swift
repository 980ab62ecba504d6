/// The pattern that GPT-2 cuts words with; every text is all matches.
enum GPT2Pattern {
  static let expression =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  static func matches(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>) -> Void
  ) {
    var position = range.lowerBound
    while position < range.upperBound {
      let end = match(bytes, position..<range.upperBound)
      body(position..<end)
      position = end
    }
  }

  /// Where the match ends that begins a text.
  private static func match(_ bytes: UnsafeBufferPointer<UInt8>, _ text: Range<Int>) -> Int {
    let start = text.lowerBound
    if bytes[start] == UInt8(ascii: "'"), let length = contraction(bytes, text) {
      return start + length
    }
    let (kind, length) = classify(bytes, start)
    if kind != .space { return run(of: kind, bytes, start + length..<text.upperBound) }
    if bytes[start] == 0x20, start + 1 < text.upperBound {
      let (next, length) = classify(bytes, start + 1)
      if next != .space { return run(of: next, bytes, start + 1 + length..<text.upperBound) }
    }
    // White space before a word leaves its last scalar to the word.
    let end = run(of: .space, bytes, start + length..<text.upperBound)
    if end == text.upperBound { return end }
    let last = UTF8Scalar.before(end, in: bytes).1
    return end - last > start ? end - last : end
  }

  private static func contraction(
    _ bytes: UnsafeBufferPointer<UInt8>, _ text: Range<Int>
  ) -> Int? {
    guard text.count > 1 else { return nil }
    let first = bytes[text.lowerBound + 1]
    switch first {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"), UInt8(ascii: "l"):
      let second = first == UInt8(ascii: "l") ? UInt8(ascii: "l") : UInt8(ascii: "e")
      return text.count > 2 && bytes[text.lowerBound + 2] == second ? 3 : nil
    default: return nil
    }
  }

  private enum Kind: UInt8 { case letter, number, space, other }

  private static func run(
    of kind: Kind, _ bytes: UnsafeBufferPointer<UInt8>, _ text: Range<Int>
  ) -> Int {
    var position = text.lowerBound
    while position < text.upperBound {
      let (next, length) = classify(bytes, position)
      guard next == kind else { break }
      position += length
    }
    return position
  }

  @inline(__always) private static func classify(
    _ bytes: UnsafeBufferPointer<UInt8>, _ position: Int
  ) -> (Kind, Int) {
    let byte = bytes[position]
    if (byte | 0x20) &- 0x61 < 26 { return (.letter, 1) }
    if byte < 0x80 {
      if byte &- 0x30 < 10 { return (.number, 1) }
      return (byte == 0x20 || byte &- 0x09 < 5 ? .space : .other, 1)
    }
    let (scalar, length) = UTF8Scalar.decode(bytes, at: position)
    let flags = ScalarClass(of: scalar)
    let kind: Kind =
      flags.contains(.letter)
      ? .letter : flags.contains(.number) ? .number : flags.contains(.whitespace) ? .space : .other
    return (kind, length)
  }
}
