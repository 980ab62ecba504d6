import Tensors

/// The fields of a message in a file, one after the other, of which no more is read than their beginnings: what lies within a field
/// of bytes is given by its place.
struct ProtobufWalker {
  let file: InputFile
  private var window: [UInt8] = []
  private var windowStart = 0
  private var offset: Int
  private let end: Int

  private static let windowSize = 4096

  init(_ file: InputFile, _ range: Range<Int>) {
    self.file = file
    offset = range.lowerBound
    end = range.upperBound
  }

  /// A field: a number on the wire, or where its bytes lie.
  enum Field {
    case number(Int, UInt64)
    case bytes(Int, Range<Int>)
  }

  /// - Throws: ``Failure`` at bytes that are no field, and where a field is longer than the message.
  mutating func next() throws -> Field? {
    guard offset < end else { return nil }
    let place = offset
    let key = try varint()
    guard let number = Int(exactly: key >> 3), number > 0, number < 1 << 29 else {
      throw failure(.fieldNumber(key >> 3), at: place)
    }
    switch key & 7 {
    case 0: return .number(number, try varint())
    case 1: return .number(number, try fixed(8))
    case 5: return .number(number, try fixed(4))
    case 2:
      let count = try varint()
      guard count <= UInt64(end - offset) else {
        throw failure(.endsWithin(number, needed: count, found: end - offset), at: place)
      }
      defer { offset += Int(count) }
      return .bytes(number, offset..<(offset + Int(count)))
    default: throw failure(.wireType(Int(key & 7), field: number), at: place)
    }
  }

  private mutating func byte() throws -> UInt8 {
    guard offset < end else { throw failure(.endsWithinNumber, at: offset) }
    if offset < windowStart || offset >= windowStart + window.count {
      windowStart = offset
      window = try file.bytes(offset..<min(end, offset + Self.windowSize))
    }
    defer { offset += 1 }
    return window[offset - windowStart]
  }

  private mutating func varint() throws -> UInt64 {
    let first = offset
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 63, by: 7) {
      let group = try byte()
      guard shift < 63 || group <= 1 else { break }
      value |= UInt64(group & 0x7F) << shift
      if group < 0x80 { return value }
    }
    throw failure(.longNumber, at: first)
  }

  private mutating func fixed(_ count: Int) throws -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<count { value |= UInt64(try byte()) << UInt64(8 * index) }
    return value
  }

  private func failure(_ reason: ProtobufReason, at offset: Int) -> Failure {
    Failure(reason, at: Place(file: file.path, offset: offset))
  }
}

extension ProtobufWalker {
  /// A short text.
  ///
  /// - Throws: ``Failure`` if it is longer than a name is, or not UTF-8.
  func text(_ range: Range<Int>, field: Int) throws -> String {
    guard range.count <= Self.textLimit,
      let text = String(validating: try file.bytes(range), as: UTF8.self)
    else {
      throw Failure(
        ProtobufReason.notText(field: field), at: Place(file: file.path, offset: range.lowerBound))
    }
    return text
  }

  private static let textLimit = 1 << 16

  /// The numbers of a packed field, each in groups of 7 bits.
  ///
  /// - Parameter limit: how many there may be.
  func varints(_ range: Range<Int>, limit: Int) throws -> [UInt64] {
    var inner = ProtobufWalker(file, range)
    var numbers: [UInt64] = []
    while inner.offset < inner.end {
      guard numbers.count < limit else {
        throw failure(.tooMany(limit), at: range.lowerBound)
      }
      numbers.append(try inner.varint())
    }
    return numbers
  }
}
