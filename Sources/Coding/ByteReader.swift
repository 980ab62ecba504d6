import Tensors

/// Reads coded bytes from the first to the last, none beyond.
///
/// - Throws: ``CodingReason`` where the bytes end early or a number is not what it may be.
struct ByteReader {
  private let bytes: UnsafeRawBufferPointer
  private var place = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var left: Int { bytes.count - place }

  mutating func byte(_ part: String) throws -> UInt8 {
    guard left > 0 else { throw Failure(CodingReason.endsWithin(part)) }
    place += 1
    return bytes[place - 1]
  }

  mutating func byte(_ part: String, in allowed: ClosedRange<Int>) throws -> Int {
    try check(Int(try byte(part)), part, allowed)
  }

  /// A number in groups of 7 bits, the lowest first; all but the last have the highest bit set.
  mutating func number(_ part: String, in allowed: ClosedRange<Int> = 0...Int.max) throws -> Int {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 63, by: 7) {
      let group = try byte(part)
      value |= UInt64(group & 0x7F) << shift
      if group < 0x80 { return try check(Int(value), part, allowed) }
    }
    throw Failure(CodingReason.beyond(part, found: Int.max, allowed: allowed))
  }

  /// A number that may be negative: 0, −1, 1, −2, … as 0, 1, 2, 3, ….
  mutating func signedNumber(_ part: String) throws -> Int {
    let value = try number(part)
    return (value >> 1) ^ -(value & 1)
  }

  mutating func bytes(_ count: Int, _ part: String) throws -> UnsafeRawBufferPointer {
    guard count <= left else { throw Failure(CodingReason.endsWithin(part)) }
    place += count
    return UnsafeRawBufferPointer(rebasing: bytes[(place - count)..<place])
  }

  /// Lets a closure read bits, and goes on at the byte after the last that it read of.
  mutating func bits<Result>(
    _ part: String, _ body: (inout BitReader) throws -> Result
  ) throws -> Result {
    var bits = BitReader(UnsafeRawBufferPointer(rebasing: bytes[place...]), part: part)
    let result = try body(&bits)
    place += bits.byteCount
    return result
  }

  mutating func rest() -> UnsafeRawBufferPointer {
    defer { place = bytes.count }
    return UnsafeRawBufferPointer(rebasing: bytes[place...])
  }

  /// Fails if bytes are left.
  func end(after part: String) throws {
    guard left == 0 else { throw Failure(CodingReason.follows(left, part)) }
  }

  private func check(_ value: Int, _ part: String, _ allowed: ClosedRange<Int>) throws -> Int {
    guard allowed.contains(value) else {
      throw Failure(CodingReason.beyond(part, found: value, allowed: allowed))
    }
    return value
  }
}

extension [UInt8] {
  mutating func appendNumber(_ value: Int) {
    var value = value
    while value >= 0x80 {
      append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    append(UInt8(value))
  }

  mutating func appendSignedNumber(_ value: Int) { appendNumber((value << 1) ^ (value >> 63)) }
}
