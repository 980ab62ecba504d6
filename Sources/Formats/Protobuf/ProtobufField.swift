import Tensors

/// One field of a protobuf message, as it stands on the wire; what it means is said by whoever asks.
struct ProtobufField {
  let number: Int
  let value: Value
  /// Where it begins in the file.
  let offset: Int
  /// Where it ends in the file.
  private let end: Int
  private let depth: Int

  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    /// Text, a message, bytes, or many numbers.
    case bytes(UnsafeRawBufferPointer)
    case fixed32(UInt32)
  }

  init(number: Int, value: Value, offset: Int, end: Int, depth: Int) {
    self.number = number
    self.value = value
    self.offset = offset
    self.end = end
    self.depth = depth
  }

  /// A number of one of the types int32, int64, uint64, bool or an enumeration; signed ones in two's complement.
  func integer() throws(Failure) -> Int {
    guard case .varint(let number) = value else { throw wrong("a number") }
    return Int(truncatingIfNeeded: number)
  }

  func fixed32() throws(Failure) -> UInt32 {
    guard case .fixed32(let number) = value else { throw wrong("a number of 4 bytes") }
    return number
  }

  func fixed64() throws(Failure) -> UInt64 {
    guard case .fixed64(let number) = value else { throw wrong("a number of 8 bytes") }
    return number
  }

  /// Lent as long as those of the whole message are.
  func bytes() throws(Failure) -> UnsafeRawBufferPointer {
    guard case .bytes(let bytes) = value else { throw wrong("bytes") }
    return bytes
  }

  /// Where the bytes lie in the file.
  func range() throws(Failure) -> Range<Int> { (end - (try bytes().count))..<end }

  /// - Throws: ``Failure`` unless it is UTF-8.
  func text() throws(Failure) -> String {
    guard let text = String(validating: try bytes(), as: UTF8.self) else {
      throw Failure(ProtobufReason.notText(field: number), at: Place(offset: offset))
    }
    return text
  }

  /// The message that it is.
  ///
  /// - Throws: ``Failure`` where messages lie in one another deeper than ``ProtobufReader/depthLimit``.
  func message() throws(Failure) -> ProtobufReader {
    let range = try range()
    guard depth < ProtobufReader.depthLimit else {
      throw Failure(ProtobufReason.tooDeep, at: Place(offset: offset))
    }
    return ProtobufReader(try bytes(), at: range.lowerBound, depth: depth + 1)
  }

  /// The numbers of a repeated field: one, or many that are packed.
  func integers() throws(Failure) -> [Int] {
    guard case .bytes(let bytes) = value else { return [try integer()] }
    var reader = ProtobufReader(bytes, at: end - bytes.count)
    var numbers: [Int] = []
    while !reader.isAtEnd { numbers.append(Int(truncatingIfNeeded: try reader.varint())) }
    return numbers
  }

  private func wrong(_ expected: String) -> Failure {
    Failure(ProtobufReason.wrongType(field: number, expected: expected), at: Place(offset: offset))
  }
}
