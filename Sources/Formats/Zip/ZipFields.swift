import Tensors

/// Little-endian fields of a ZIP structure, read from front to back; too few bytes are an error.
struct ZipFields {
  private let bytes: [UInt8]
  private let start: Int
  private(set) var position = 0

  /// - Parameter start: where the bytes lie in the file.
  init(_ bytes: [UInt8], at start: Int) {
    self.bytes = bytes
    self.start = start
  }

  var offset: Int { start + position }
  var rest: Int { bytes.count - position }

  mutating func number16() throws -> UInt16 { UInt16(try number(2)) }
  mutating func number32() throws -> UInt32 { UInt32(try number(4)) }

  mutating func integer64() throws -> Int {
    guard let value = Int(exactly: try number(8)) else { throw damaged("a huge number") }
    return value
  }

  mutating func bytes(_ count: Int) throws -> [UInt8] {
    guard count <= rest else { throw damaged("unexpected end") }
    defer { position += count }
    return Array(bytes[position..<(position + count)])
  }

  mutating func skip(_ count: Int) throws { _ = try bytes(count) }

  mutating func expect(_ signature: [UInt8], _ what: String) throws {
    let place = offset
    guard rest >= signature.count, try bytes(signature.count) == signature else {
      throw Failure(ZipReason.wrongSignature(what), at: Place(offset: place))
    }
  }

  func damaged(_ what: String) -> Failure {
    Failure(ZipReason.wrongDirectory(what), at: Place(offset: offset))
  }

  private mutating func number(_ count: Int) throws -> UInt64 {
    try bytes(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
