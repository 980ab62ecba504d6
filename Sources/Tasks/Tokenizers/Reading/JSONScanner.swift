import Tensors

/// Walks the bytes of a JSON document for the two tables of a tokenizer that are too large to be made
/// values of, one by one: vocabulary and merges.
///
/// Everything else of the document is json-c's to judge.
struct JSONScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let path: String
  private(set) var position: Int
  /// The last string that was read, where it had escapes.
  private var unescaped: [UInt8] = []

  private static let depthLimit = 64

  init(_ bytes: UnsafeBufferPointer<UInt8>, at position: Int = 0, path: String) {
    self.bytes = bytes
    self.position = position
    self.path = path
  }

  func failure(_ reason: TokenizerReason, at offset: Int? = nil) -> Failure {
    Failure(reason, at: Place(file: path, offset: offset ?? position))
  }

  // MARK: Structure

  /// The next byte that is not white space.
  mutating func peek() -> UInt8? {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      position += 1
    }
    return nil
  }

  mutating func expect(_ character: Unicode.Scalar) throws(Failure) {
    guard peek() == UInt8(ascii: character) else {
      throw failure(.syntax("expected '\(character)'"))
    }
    position += 1
  }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// Calls a closure at each value of an object, with the bytes of its key.
  mutating func eachMember(
    _ body: (inout JSONScanner, _ key: UnsafeBufferPointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    try expect("{")
    if skip("}") { return }
    repeat {
      try string { (scanner, key) throws(Failure) in
        try scanner.expect(":")
        try body(&scanner, key)
      }
    } while skip(",")
    try expect("}")
  }

  /// Calls a closure at each value of an array.
  mutating func eachElement(
    _ body: (inout JSONScanner) throws(Failure) -> Void
  ) throws(Failure) {
    try expect("[")
    if skip("]") { return }
    repeat { try body(&self) } while skip(",")
    try expect("]")
  }

  /// Steps over a value.
  mutating func skipValue(depth: Int = 0) throws(Failure) {
    guard depth < Self.depthLimit else { throw failure(.nestedTooDeeply) }
    switch peek() {
    case UInt8(ascii: "{"):
      try eachMember { (scanner, _) throws(Failure) in try scanner.skipValue(depth: depth + 1) }
    case UInt8(ascii: "["):
      try eachElement { (scanner) throws(Failure) in try scanner.skipValue(depth: depth + 1) }
    case UInt8(ascii: "\""): try string { (_, _) throws(Failure) in }
    default:
      let start = position
      while position < bytes.count, !Self.endsScalar(bytes[position]) { position += 1 }
      guard position > start else { throw failure(.syntax("expected a value")) }
    }
  }

  private static func endsScalar(_ byte: UInt8) -> Bool {
    byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]")
      || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: ":")
  }

  // MARK: Values

  /// Reads a non-negative integer.
  mutating func integer() throws(Failure) -> Int {
    _ = peek()
    let start = position
    var value = 0
    while position < bytes.count, bytes[position] &- 0x30 < 10 {
      let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tenfold.addingReportingOverflow(Int(bytes[position] & 0x0F))
      guard !overflow, !carry else { throw failure(.syntax("integer too large"), at: start) }
      value = sum
      position += 1
    }
    guard position > start, position == bytes.count || Self.endsScalar(bytes[position]) else {
      throw failure(.syntax("expected a non-negative integer"), at: start)
    }
    return value
  }

  /// Reads a finite number.
  mutating func number() throws(Failure) -> Double {
    _ = peek()
    let start = position
    while position < bytes.count, !Self.endsScalar(bytes[position]) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let value = Double(text), value.isFinite, position - start < 64 else {
      throw failure(.syntax("expected a number"), at: start)
    }
    return value
  }

  /// Reads a string and lends its bytes, escapes resolved.
  mutating func string(
    _ body: (inout JSONScanner, UnsafeBufferPointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    try expect("\"")
    let start = position
    while position < bytes.count, bytes[position] >= 0x20, bytes[position] != UInt8(ascii: "\""),
      bytes[position] != UInt8(ascii: "\\")
    {
      position += 1
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
      let end = position
      position += 1
      return try body(&self, UnsafeBufferPointer(rebasing: bytes[start..<end]))
    }
    let text = try escapedString(from: start)
    var failure: Failure?
    text.withUnsafeBufferPointer { text in
      do throws(Failure) { try body(&self, text) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  private mutating func escapedString(from start: Int) throws(Failure) -> [UInt8] {
    position = start
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return text
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw failure(.syntax("control character in a string"), at: position - 1)
      default: text.append(byte)
      }
    }
    throw failure(.syntax("unexpected end of a string"), at: start)
  }

  private mutating func escape(into text: inout [UInt8]) throws(Failure) {
    guard position < bytes.count else { throw failure(.syntax("unexpected end of a string")) }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): UTF8Scalar.append(try codePoint(), to: &text)
    default: throw failure(.syntax("unknown escape"), at: position - 1)
    }
  }

  /// The scalar of `\uXXXX`, of which surrogates come in pairs.
  private mutating func codePoint() throws(Failure) -> Unicode.Scalar {
    let start = position
    let unit = try hexadecimal()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    guard unit < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    else { throw failure(.syntax("lone surrogate"), at: start) }
    position += 2
    let low = try hexadecimal()
    guard (0xDC00..<0xE000).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    else { throw failure(.syntax("lone surrogate"), at: start) }
    return scalar
  }

  private mutating func hexadecimal() throws(Failure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count,
        let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
      else { throw failure(.syntax("expected four hexadecimal digits")) }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}
