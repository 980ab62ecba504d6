import Checkpoints
import Tensors

/// Reads the JSON of a safetensors header over the mapped bytes: integers are checked, duplicate keys
/// are found with both their offsets, and every error knows its byte.
struct SafetensorsScanner {
  private let bytes: UnsafeRawBufferPointer
  /// Where the bytes begin in the file.
  private let start: Int
  private let path: String
  private var position = 0
  private var header = SafetensorsHeader()

  /// How deep values that are skipped may nest.
  private static let depthLimit = 128

  /// - Throws: ``Failure`` with the place of the first wrong byte.
  static func scan(
    _ bytes: UnsafeRawBufferPointer, from start: Int, path: String
  ) throws(Failure) -> SafetensorsHeader {
    var scanner = SafetensorsScanner(bytes: bytes, start: start, path: path)
    try scanner.scanHeader()
    return scanner.header
  }

  private init(bytes: UnsafeRawBufferPointer, start: Int, path: String) {
    self.bytes = bytes
    self.start = start
    self.path = path
  }

  private mutating func scanHeader() throws(Failure) {
    if peek() != UInt8(ascii: "{") {
      skipSpace()
      guard peek() == UInt8(ascii: "{") else { throw failure(.syntax("expected '{'")) }
      header.diagnostics.append(
        Diagnostic(.warning, .header, "white space stands before the header's '{'"))
    }
    var seen: [String: Int] = [:]
    try eachMember { (scanner, key, offset) throws(Failure) in
      if let first = seen.updateValue(offset, forKey: key) {
        throw scanner.failure(.duplicateKey(key, first: scanner.start + first), at: offset)
      }
      if key == Safetensors.metadataKey {
        try scanner.scanMetadata()
      } else {
        try scanner.scanEntry(key, offset)
      }
    }
    skipSpace()
    if position < bytes.count {
      throw failure(peek() == 0 ? .nulPadding : .syntax("unexpected text after the header's '}'"))
    }
  }

  private mutating func scanMetadata() throws(Failure) {
    if try skipWord("null") { return }
    var seen: [String: Int] = [:]
    try eachMember { (scanner, key, offset) throws(Failure) in
      if let first = seen.updateValue(offset, forKey: key) {
        throw scanner.failure(.duplicateKey(key, first: scanner.start + first), at: offset)
      }
      guard scanner.peek() == UInt8(ascii: "\"") else {
        throw scanner.failure(.syntax("values of \(Safetensors.metadataKey) are strings"))
      }
      scanner.header.metadata.append((key, try scanner.scanString()))
    }
  }

  private mutating func scanEntry(_ name: String, _ offset: Int) throws(Failure) {
    var type: String?
    var shape: [Int]?
    var range: [Int]?
    var seen: Set<String> = []
    try eachMember { (scanner, key, keyOffset) throws(Failure) in
      guard seen.insert(key).inserted else {
        throw scanner.failure(.duplicateKey(key, first: scanner.start + offset), at: keyOffset)
      }
      switch key {
      case "dtype": type = try scanner.scanString()
      case "shape": shape = try scanner.scanIntegers()
      case "data_offsets": range = try scanner.scanIntegers()
      default:
        scanner.header.diagnostics.append(
          Diagnostic(.warning, .header, "unknown field '\(printable(key))'", tensor: name))
        try scanner.skipValue(depth: 0)
      }
    }
    guard let type else { throw failure(.missingField("dtype"), at: offset, tensor: name) }
    guard let shape else { throw failure(.missingField("shape"), at: offset, tensor: name) }
    guard let range, range.count == 2 else {
      throw failure(.missingField("data_offsets"), at: offset, tensor: name)
    }
    guard range[0] <= range[1] else {
      throw failure(.wrongRange(range[0], range[1]), at: offset, tensor: name)
    }
    header.entries.append(
      .init(
        name: name, type: type, shape: shape, range: range[0]..<range[1], offset: start + offset))
  }

  // MARK: JSON

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func expect(_ character: Character) throws(Failure) {
    skipSpace()
    guard peek() == character.asciiValue else { throw failure(.syntax("expected '\(character)'")) }
    position += 1
  }

  /// Steps over a character if it comes next.
  private mutating func skip(_ character: Character) -> Bool {
    skipSpace()
    guard peek() == character.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func skipWord(_ word: StaticString) throws(Failure) -> Bool {
    skipSpace()
    let count = word.utf8CodeUnitCount
    guard bytes.count - position >= count,
      (0..<count).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] })
    else { return false }
    position += count
    return true
  }

  /// Calls a closure at each value of an object, with the key and the key's offset.
  private mutating func eachMember(
    _ body: (inout SafetensorsScanner, String, Int) throws(Failure) -> Void
  ) throws(Failure) {
    try expect("{")
    if skip("}") { return }
    repeat {
      skipSpace()
      let offset = position
      let key = try scanString()
      try expect(":")
      skipSpace()
      try body(&self, key, offset)
    } while skip(",")
    try expect("}")
  }

  private mutating func scanIntegers() throws(Failure) -> [Int] {
    try expect("[")
    var values: [Int] = []
    if skip("]") { return values }
    repeat { values.append(try scanInteger()) } while skip(",")
    try expect("]")
    return values
  }

  /// A non-negative integer without a fraction, an exponent or a leading zero.
  private mutating func scanInteger() throws(Failure) -> Int {
    skipSpace()
    let first = position
    var value = 0
    while let byte = peek(), (0x30...0x39).contains(byte) {
      let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tenfold.addingReportingOverflow(Int(byte - 0x30))
      guard !overflow, !carry else { throw failure(.syntax("integer too large"), at: first) }
      value = sum
      position += 1
    }
    let digits = position - first
    guard digits > 0, digits == 1 || bytes[first] != 0x30 else {
      throw failure(.syntax("expected a non-negative integer"), at: first)
    }
    if let byte = peek(),
      byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e")
        || byte == UInt8(ascii: "E")
    {
      throw failure(.syntax("expected an integer, found a fraction"), at: first)
    }
    return value
  }

  private mutating func scanString() throws(Failure) -> String {
    skipSpace()
    let first = position
    guard peek() == UInt8(ascii: "\"") else { throw failure(.syntax("expected '\"'")) }
    position += 1
    let textStart = position
    while let byte = peek(), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
    if peek() == UInt8(ascii: "\"") {
      defer { position += 1 }
      return try text(bytes[textStart..<position], at: textStart)
    }
    position = textStart
    return try scanEscapedString(from: first)
  }

  private mutating func scanEscapedString(from first: Int) throws(Failure) -> String {
    var units: [UInt8] = []
    while let byte = peek() {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return try text(units, at: first)
      case UInt8(ascii: "\\"): units.append(contentsOf: try scanEscape())
      case 0..<0x20: throw failure(.syntax("control character in a string"), at: position - 1)
      default: units.append(byte)
      }
    }
    throw failure(.syntax("unexpected end of a string"), at: first)
  }

  private mutating func scanEscape() throws(Failure) -> [UInt8] {
    guard let byte = peek() else { throw failure(.syntax("unexpected end of a string")) }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return [UInt8](String(try scanCodePoint()).utf8)
    default: throw failure(.syntax("unknown escape"), at: position - 1)
    }
  }

  /// The scalar of `\uXXXX`, of which surrogates come in pairs.
  private mutating func scanCodePoint() throws(Failure) -> Unicode.Scalar {
    let first = position
    let unit = try scanHex()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    guard (0xD800..<0xDC00).contains(unit), skipNext("\\"), skipNext("u") else {
      throw failure(.syntax("lone surrogate"), at: first)
    }
    let low = try scanHex()
    guard (0xDC00..<0xE000).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    else { throw failure(.syntax("lone surrogate"), at: first) }
    return scalar
  }

  private mutating func skipNext(_ character: Character) -> Bool {
    guard peek() == character.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func scanHex() throws(Failure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure(.syntax("expected four hexadecimal digits"))
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private mutating func skipValue(depth: Int) throws(Failure) {
    guard depth < Self.depthLimit else { throw failure(.syntax("nested too deeply")) }
    skipSpace()
    switch peek() {
    case UInt8(ascii: "{"):
      try eachMember { (scanner, _, _) throws(Failure) in try scanner.skipValue(depth: depth + 1) }
    case UInt8(ascii: "["):
      try expect("[")
      if skip("]") { return }
      repeat { try skipValue(depth: depth + 1) } while skip(",")
      try expect("]")
    case UInt8(ascii: "\""): _ = try scanString()
    default: try skipScalar()
    }
  }

  private mutating func skipScalar() throws(Failure) {
    for word in ["true", "false", "null"] as [StaticString] where try skipWord(word) { return }
    let first = position
    let numberBytes = Set("+-.eE0123456789".utf8)
    while let byte = peek(), numberBytes.contains(byte) { position += 1 }
    guard position > first, bytes[first] != UInt8(ascii: "+") else {
      throw failure(.syntax("expected a value"), at: first)
    }
  }

  private func text(
    _ units: some Collection<UInt8>, at offset: Int
  ) throws(Failure) -> String {
    guard let text = String(validating: units, as: UTF8.self) else {
      throw failure(.syntax("invalid UTF-8"), at: offset)
    }
    return text
  }

  private func failure(
    _ reason: SafetensorsReason, at offset: Int? = nil, tensor: String? = nil
  ) -> Failure {
    Failure(
      reason, at: Place(file: path, offset: start + (offset ?? position), tensor: tensor))
  }
}
