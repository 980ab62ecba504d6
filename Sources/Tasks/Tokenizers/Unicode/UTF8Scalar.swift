/// Scalars read from bytes that are known to be valid UTF-8.
enum UTF8Scalar {
  /// How many bytes the scalar has that begins with a byte.
  @inline(__always) static func length(of byte: UInt8) -> Int {
    byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
  }

  /// The scalar at a position, and how many bytes it has; U+FFFD and one byte where the bytes are
  /// none after all.
  @inline(__always) static func decode(
    _ bytes: UnsafeBufferPointer<UInt8>, at position: Int
  ) -> (Unicode.Scalar, Int) {
    let first = UInt32(bytes[position])
    if first < 0x80 { return (Unicode.Scalar(UInt8(first)), 1) }
    let length = length(of: bytes[position])
    guard position + length <= bytes.count else { return ("\u{FFFD}", 1) }
    var value = first & (0x7F >> UInt32(length))
    for index in 1..<length { value = value << 6 | UInt32(bytes[position + index]) & 0x3F }
    return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
  }

  /// The scalar that ends at a position other than the first, and how many bytes it has.
  static func before(_ end: Int, in bytes: UnsafeBufferPointer<UInt8>) -> (Unicode.Scalar, Int) {
    var start = end - 1
    while start > 0, end - start < 4, !begins(bytes[start]) { start -= 1 }
    return (decode(bytes, at: start).0, end - start)
  }

  static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
    let value = scalar.value
    func continuation(_ shift: UInt32) -> UInt8 { UInt8(0x80 | value >> shift & 0x3F) }
    if value < 0x80 {
      bytes.append(UInt8(value))
    } else if value < 0x800 {
      bytes.append(UInt8(0xC0 | value >> 6))
      bytes.append(continuation(0))
    } else if value < 0x10000 {
      bytes.append(UInt8(0xE0 | value >> 12))
      bytes.append(continuation(6))
      bytes.append(continuation(0))
    } else {
      bytes.append(UInt8(0xF0 | value >> 18))
      bytes.append(continuation(12))
      bytes.append(continuation(6))
      bytes.append(continuation(0))
    }
  }

  /// Whether a byte begins a scalar.
  @inline(__always) static func begins(_ byte: UInt8) -> Bool { byte & 0xC0 != 0x80 }
}
