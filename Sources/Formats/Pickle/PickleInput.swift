import Tensors

/// The bytes of a pickle, read through a window from front to back.
struct PickleInput {
  private let file: InputFile
  private let end: Int
  private var window: [UInt8] = []
  private var windowStart: Int
  private(set) var offset: Int

  private static let windowSize = 1 << 16
  /// Names of modules and classes are shorter by far.
  private static let longestLine = 4096

  init(_ file: InputFile, _ range: Range<Int>) {
    self.file = file
    end = range.upperBound
    offset = range.lowerBound
    windowStart = range.lowerBound
  }

  var rest: Int { end - offset }

  mutating func byte() throws -> UInt8 {
    if offset - windowStart >= window.count {
      guard rest > 0 else { throw failure(.unexpectedEnd) }
      windowStart = offset
      window = try file.bytes(offset..<min(end, offset + Self.windowSize))
    }
    defer { offset += 1 }
    return window[offset - windowStart]
  }

  mutating func bytes(_ count: Int) throws -> [UInt8] {
    let range = try skip(count)
    let inWindow = (range.lowerBound - windowStart)..<(range.upperBound - windowStart)
    return inWindow.upperBound <= window.count ? Array(window[inWindow]) : try file.bytes(range)
  }

  /// Passes over some bytes.
  ///
  /// - Returns: where they lie in the file.
  mutating func skip(_ count: Int) throws -> Range<Int> {
    guard count >= 0, count <= rest else { throw failure(.unexpectedEnd) }
    defer { offset += count }
    return offset..<(offset + count)
  }

  /// A little-endian number without sign.
  mutating func number(_ count: Int) throws -> Int {
    let value = try bytes(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let value = Int(exactly: value) else { throw failure(.unexpectedEnd) }
    return value
  }

  mutating func text(_ count: Int) throws -> String {
    let start = offset
    // Python writes lone surrogates as three bytes, which no text has here.
    guard let text = String(validating: try bytes(count), as: UTF8.self) else {
      throw failure(.notText, at: start)
    }
    return text
  }

  /// What comes before the next line feed.
  mutating func line() throws -> String {
    let start = offset
    var line: [UInt8] = []
    while true {
      let byte = try byte()
      if byte == UInt8(ascii: "\n") { break }
      guard line.count < Self.longestLine else { throw failure(.longLine, at: start) }
      line.append(byte)
    }
    guard let text = String(validating: line, as: UTF8.self) else {
      throw failure(.notText, at: start)
    }
    return text
  }

  func failure(_ reason: PickleReason, at place: Int? = nil) -> Failure {
    Failure(reason, at: Place(file: file.path, offset: place ?? offset))
  }
}
