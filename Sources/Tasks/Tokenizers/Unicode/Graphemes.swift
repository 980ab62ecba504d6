/// The extended grapheme clusters of a text (UAX #29), as the standard library finds them.
enum Graphemes {
  /// Calls a closure with the range of each grapheme.
  static func forEach(in bytes: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
    var position = 0
    while position < bytes.count {
      if isAlone(bytes, position) {
        body(position..<position + 1)
        position += 1
        continue
      }
      // Up to the next character that no grapheme goes on to.
      var end = position + 1
      while end < bytes.count, !isAlone(bytes, end) || isLineEnd(bytes, end - 1) { end += 1 }
      let text = String(decoding: bytes[position..<end], as: UTF8.self)
      for character in text {
        let length = character.utf8.count
        body(position..<position + length)
        position += length
      }
    }
  }

  /// Whether CR and LF stand at a position, which are one grapheme.
  private static func isLineEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> Bool {
    bytes[position] == 0x0D && bytes[position + 1] == 0x0A
  }

  /// Whether a byte is a grapheme whatever stands around it: it and the next are ASCII.
  private static func isAlone(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> Bool {
    guard bytes[position] < 0x80 else { return false }
    guard position + 1 < bytes.count else { return true }
    return bytes[position + 1] < 0x80 && bytes[position] != 0x0D
  }
}
