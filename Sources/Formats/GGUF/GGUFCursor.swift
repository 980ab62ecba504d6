import Tensors

/// Goes through the structure of a GGUF file, a window of it at a time. Every count is held against
/// what is left of the file before anything is made of it.
struct GGUFCursor {
  let file: InputFile
  private(set) var position = 0
  private var window: [UInt8] = []
  private var windowStart = 0

  private static let windowSize = 1 << 17
  /// What may stand before the data, in bytes; the largest vocabularies take a tenth of it.
  static let structureLimit = 1 << 28

  init(_ file: InputFile) { self.file = file }

  /// How many bytes are left.
  var remaining: Int { file.byteCount - position }

  func failure(_ reason: GGUFReason, at offset: Int? = nil, tensor: String? = nil) -> Failure {
    Failure(reason, at: Place(file: file.path, offset: offset ?? position, tensor: tensor))
  }

  mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws -> Value {
    let width = MemoryLayout<Value>.size
    let start = try take(width)
    return window.withUnsafeBytes {
      Value(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: Value.self))
    }
  }

  /// How many of something there are, each of which takes some bytes at least.
  mutating func count(of width: Int, _ what: String) throws -> Int {
    let start = position
    let count = try integer(UInt64.self)
    guard count <= UInt64(remaining / width) else {
      throw failure(.tooMany(what, count, remaining: remaining), at: start)
    }
    return Int(count)
  }

  /// Text with its length before it, and whether it is UTF-8; where it is not, bytes are replaced.
  mutating func text(_ what: String) throws -> (text: String, isValid: Bool) {
    let length = try count(of: 1, what)
    let start = try take(length)
    return window.withUnsafeBufferPointer {
      let bytes = UnsafeBufferPointer(rebasing: $0[start..<(start + length)])
      if let text = String(validating: bytes, as: UTF8.self) { return (text, true) }
      return (String(decoding: bytes, as: UTF8.self), false)
    }
  }

  /// Steps over bytes and tells where they begin in the window.
  private mutating func take(_ count: Int) throws -> Int {
    guard count <= remaining else { throw failure(.truncated(needed: count, found: remaining)) }
    let end = position + count
    guard end <= Self.structureLimit else { throw failure(.tooLarge(Self.structureLimit)) }
    if end > windowStart + window.count {
      let size = min(max(count, Self.windowSize), remaining)
      window = try file.bytes(position..<(position + size))
      windowStart = position
    }
    defer { position = end }
    return position - windowStart
  }
}
