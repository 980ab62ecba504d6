/// A protobuf message as it is put together.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ field: Int, _ number: Int) {
    append(UInt64(field << 3))
    append(UInt64(bitPattern: Int64(number)))
  }

  mutating func add(_ field: Int, _ number: Float) {
    append(UInt64(field << 3 | 5))
    bytes.append(number: number.bitPattern)
  }

  mutating func add(_ field: Int, _ content: [UInt8]) {
    begin(field, byteCount: content.count)
    bytes += content
  }

  mutating func add(_ field: Int, _ text: String) { add(field, Array(text.utf8)) }
  mutating func add(_ field: Int, _ message: ProtobufWriter) { add(field, message.bytes) }

  /// Begins a field of bytes that are written elsewhere.
  mutating func begin(_ field: Int, byteCount: Int) {
    append(UInt64(field << 3 | 2))
    append(UInt64(byteCount))
  }

  /// A number in groups of 7 bits, the lowest first.
  private mutating func append(_ number: UInt64) {
    var rest = number
    while rest > 0x7F {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
