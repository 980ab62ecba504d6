import Tensors

/// Writes numbers of a few bits one after another, the lowest bit of the first byte first.
struct BitWriter {
  private(set) var bytes: [UInt8] = []
  private var pending: UInt64 = 0
  private var count = 0

  /// - Precondition: the value has no more than `width` bits, and they are at most 56.
  mutating func write(_ value: UInt64, width: Int) {
    pending |= value << UInt64(count)
    count += width
    while count >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: pending))
      pending >>= 8
      count -= 8
    }
  }

  /// All bytes; the last is filled up with zeros.
  mutating func finish() -> [UInt8] {
    if count > 0 { bytes.append(UInt8(truncatingIfNeeded: pending)) }
    (pending, count) = (0, 0)
    return bytes
  }
}

/// Reads what a ``BitWriter`` wrote.
struct BitReader {
  private let bytes: UnsafeRawBufferPointer
  private var place = 0
  private let part: String

  init(_ bytes: UnsafeRawBufferPointer, part: String) {
    self.bytes = bytes
    self.part = part
  }

  /// How many bytes were begun.
  var byteCount: Int { (place + 7) / 8 }

  mutating func read(width: Int) throws -> Int {
    var value = 0
    for bit in 0..<width { value |= try readBit() << bit }
    return value
  }

  mutating func readBit() throws -> Int {
    guard place / 8 < bytes.count else { throw Failure(CodingReason.endsWithin(part)) }
    defer { place += 1 }
    return Int(bytes[place / 8] >> UInt8(place % 8)) & 1
  }
}
