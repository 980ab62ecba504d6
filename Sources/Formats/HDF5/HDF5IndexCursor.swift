import Tensors

/// Reads the index that the child process sends, from front to back.
///
/// The child may have been taken over by the file it read: every length is held against what is
/// left.
struct HDF5IndexCursor {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var rest: Int { bytes.count - position }

  /// A cursor over the next bytes, which this one steps over.
  mutating func part(_ count: Int) throws(Failure) -> HDF5IndexCursor {
    HDF5IndexCursor(UnsafeRawBufferPointer(rebasing: bytes[try advance(count)]))
  }

  mutating func byte() throws(Failure) -> UInt8 { bytes[try advance(1).lowerBound] }

  mutating func number32() throws(Failure) -> UInt32 {
    UInt32(
      littleEndian: bytes.loadUnaligned(fromByteOffset: try advance(4).lowerBound, as: UInt32.self))
  }

  mutating func number64() throws(Failure) -> UInt64 {
    UInt64(
      littleEndian: bytes.loadUnaligned(fromByteOffset: try advance(8).lowerBound, as: UInt64.self))
  }

  /// A number of 64 bits that fits an `Int`.
  mutating func integer() throws(Failure) -> Int {
    guard let value = Int(exactly: try number64()) else { throw Self.damaged("a huge number") }
    return value
  }

  /// A count of 32 bits of things that take at least so many bytes each.
  mutating func count(ofAtLeast size: Int) throws(Failure) -> Int {
    try checked(Int(try number32()), size)
  }

  /// A count of 64 bits of things that take at least so many bytes each.
  mutating func longCount(ofAtLeast size: Int) throws(Failure) -> Int {
    try checked(try integer(), size)
  }

  mutating func bytes(_ count: Int) throws(Failure) -> [UInt8] {
    [UInt8](bytes[try advance(count)])
  }

  /// A string, whose bytes are not necessarily UTF-8.
  mutating func rawString() throws(Failure) -> UnsafeRawBufferPointer {
    let count = try count(ofAtLeast: 1)
    return UnsafeRawBufferPointer(rebasing: bytes[try advance(count)])
  }

  /// A string with what is not UTF-8 replaced.
  mutating func text() throws(Failure) -> String {
    String(decoding: try rawString(), as: UTF8.self)
  }

  func expectEnd(_ what: String) throws(Failure) {
    guard rest == 0 else { throw Self.damaged("\(rest) bytes too many in \(what)") }
  }

  private func checked(_ count: Int, _ size: Int) throws(Failure) -> Int {
    guard count <= rest / size else { throw Self.damaged("a count beyond the end") }
    return count
  }

  private mutating func advance(_ count: Int) throws(Failure) -> Range<Int> {
    guard count >= 0, count <= rest else { throw Self.damaged("unexpected end") }
    defer { position += count }
    return position..<(position + count)
  }

  static func damaged(_ what: String) -> Failure { Failure(HDF5ChildReason.brokenAnswer(what)) }
}
