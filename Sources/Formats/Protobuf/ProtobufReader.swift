import Tensors

/// The fields of one protobuf message, from the first to the last, over bytes that are lent.
///
/// Nothing is copied and nothing is looked at but the field that is asked for, so that a message of any size can be gone
/// through: what lies within a field of bytes is stepped over.
struct ProtobufReader {
  private let bytes: UnsafeRawBufferPointer
  /// Where the bytes begin in the file.
  private let start: Int
  private let depth: Int
  private(set) var position = 0

  /// How deep messages may lie in one another.
  static let depthLimit = 64

  /// - Parameter start: where the bytes begin in the file, by which errors name their place.
  init(_ bytes: UnsafeRawBufferPointer, at start: Int = 0) {
    self.init(bytes, at: start, depth: 0)
  }

  init(_ bytes: UnsafeRawBufferPointer, at start: Int, depth: Int) {
    self.bytes = bytes
    self.start = start
    self.depth = depth
  }

  /// The next field; nil at the end of the message.
  ///
  /// - Throws: ``Failure`` at bytes that are no field, and where a field is longer than the message.
  mutating func next() throws(Failure) -> ProtobufField? {
    guard position < bytes.count else { return nil }
    let offset = start + position
    let key = try varint()
    guard let number = Int(exactly: key >> 3), number > 0, number < 1 << 29 else {
      throw failure(.fieldNumber(key >> 3), at: offset)
    }
    let value: ProtobufField.Value
    switch key & 7 {
    case 0: value = .varint(try varint())
    case 1: value = .fixed64(UInt64(littleEndian: try take(8).loadUnaligned(as: UInt64.self)))
    case 2:
      let count = try varint()
      guard count <= UInt64(bytes.count - position) else {
        throw failure(.endsWithin(number, needed: count, found: bytes.count - position), at: offset)
      }
      value = .bytes(try take(Int(count)))
    case 5: value = .fixed32(UInt32(littleEndian: try take(4).loadUnaligned(as: UInt32.self)))
    default: throw failure(.wireType(Int(key & 7), field: number), at: offset)
    }
    return ProtobufField(
      number: number, value: value, offset: offset, end: start + position, depth: depth)
  }

  /// A number in groups of 7 bits, the lowest first; all but the last have the highest bit set.
  mutating func varint() throws(Failure) -> UInt64 {
    let first = position
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 63, by: 7) {
      guard position < bytes.count else { throw failure(.endsWithinNumber, at: start + first) }
      let group = bytes[position]
      position += 1
      guard shift < 63 || group <= 1 else { break }
      value |= UInt64(group & 0x7F) << shift
      if group < 0x80 { return value }
    }
    throw failure(.longNumber, at: start + first)
  }

  var isAtEnd: Bool { position == bytes.count }

  /// So many bytes, whatever they are.
  mutating func take(_ count: Int) throws(Failure) -> UnsafeRawBufferPointer {
    guard count <= bytes.count - position else {
      throw failure(.endsWithinNumber, at: start + position)
    }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
  }

  private func failure(_ reason: ProtobufReason, at offset: Int) -> Failure {
    Failure(reason, at: Place(offset: offset))
  }
}
