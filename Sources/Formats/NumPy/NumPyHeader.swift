import Tensors

/// What stands before the data of an array (`numpy/lib/format.py`): magic, version, and a dictionary as Python would
/// print it, with type, order and shape.
struct NumPyHeader: Equatable {
  /// As NumPy spells it, such as `<f4`; a list of fields stands as its text.
  var type: String
  /// Whether the first axis varies fastest.
  var isFortran: Bool
  var lengths: [Int]

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// The longest beginning of a file that is looked at.
  static let limit = 1 << 16

  /// Reads a header from the first bytes of an array.
  ///
  /// - Parameter bytes: as many as there are, or ``limit``.
  /// - Returns: also where the data begin.
  static func read(_ bytes: [UInt8]) throws -> (header: NumPyHeader, dataStart: Int) {
    guard bytes.starts(with: magic) else { throw Failure(NumPyReason.noMagic) }
    guard bytes.count >= 12 else { throw Failure(NumPyReason.headerLength(0)) }
    let (major, minor) = (Int(bytes[6]), Int(bytes[7]))
    guard (1...3).contains(major), minor == 0 else {
      throw Failure(NumPyReason.version(major, minor))
    }
    let width = major == 1 ? 2 : 4
    let count = bytes[8..<(8 + width)].reversed().reduce(0) { $0 << 8 | Int($1) }
    let start = 8 + width
    guard count <= bytes.count - start else { throw Failure(NumPyReason.headerLength(count)) }
    var scanner = NumPyScanner(bytes[start..<(start + count)])
    return (try scanner.header(), start + count)
  }

  /// The element type and whether its bytes are in the other order; nil for a type that `pare` has no name for.
  var elementType: (type: ElementType, isSwapped: Bool)? {
    guard let order = type.first, "<>|=".contains(order),
      let element = Self.types.first(where: { $0.code == type.dropFirst() })
    else { return nil }
    return (element.type, order == ">" && element.type.byteWidth != 1)
  }

  /// NumPy has no bfloat16; the package that adds it stores two bytes without a meaning.
  private static let types: [(code: String, type: ElementType)] = [
    ("f4", .f32), ("f2", .f16), ("f8", .f64), ("V2", .bf16), ("i8", .i64), ("i4", .i32),
    ("i2", .i16), ("i1", .i8), ("u8", .u64), ("u4", .u32), ("u2", .u16), ("u1", .u8), ("b1", .bool),
    ("c8", .c64),
  ]

  /// What NumPy writes before an array of a type, or nil where it has no name for it.
  static func bytes(_ type: ElementType, _ shape: Shape) -> [UInt8]? {
    guard let code = types.first(where: { $0.type == type })?.code else { return nil }
    let order = type.byteWidth == 1 ? "|" : "<"
    let lengths = shape.lengths.map(String.init)
    let tuple = lengths.count == 1 ? "(\(lengths[0]),)" : "(\(lengths.joined(separator: ", ")))"
    var text = "{'descr': '\(order)\(code)', 'fortran_order': False, 'shape': \(tuple), }"
    // Room for the first axis to grow in place.
    if let first = lengths.first {
      text += String(repeating: " ", count: max(0, 21 - first.utf8.count))
    }
    text += String(repeating: " ", count: 64 - (10 + text.utf8.count + 1) % 64) + "\n"
    return magic + [1, 0, UInt8(text.utf8.count & 0xFF), UInt8(text.utf8.count >> 8)] + text.utf8
  }
}

/// Reads the dictionary of a header, of the few kinds of values that stand in one.
private struct NumPyScanner {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }

  mutating func header() throws -> NumPyHeader {
    var (type, isFortran, lengths): (String?, Bool?, [Int]?)
    try expect("{")
    while !skip("}") {
      let key = try text()
      try expect(":")
      switch key {
      case "descr": type = try peek() == UInt8(ascii: "[") ? fields() : text()
      case "fortran_order": isFortran = try truth()
      case "shape": lengths = try tuple()
      default: throw damaged("unknown key '\(printable(key))'")
      }
      if !skip(",") {
        try expect("}")
        break
      }
    }
    guard peekSpace() == nil else { throw damaged("something behind the dictionary") }
    guard let type, let isFortran, let lengths else { throw damaged("a key is missing") }
    return NumPyHeader(type: type, isFortran: isFortran, lengths: lengths)
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func peekSpace() -> UInt8? {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x09 { position += 1 }
    return peek()
  }

  private mutating func skip(_ character: Character) -> Bool {
    guard peekSpace() == character.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Character) throws {
    guard skip(character) else { throw damaged("expected '\(character)'") }
    _ = peekSpace()
  }

  private mutating func text() throws -> String {
    guard let quote = peekSpace(), quote == 0x22 || quote == 0x27 else {
      throw damaged("expected a text")
    }
    let start = position + 1
    guard let end = bytes[start...].firstIndex(of: quote),
      let text = String(validating: bytes[start..<end], as: UTF8.self), !text.contains("\\")
    else { throw damaged("a text without end") }
    position = end + 1
    return text
  }

  /// The list of a structured type's fields, as it stands.
  private mutating func fields() throws -> String {
    let start = position
    var depth = 0
    while let byte = peek() {
      position += 1
      if byte == UInt8(ascii: "[") { depth += 1 }
      if byte == UInt8(ascii: "]") { depth -= 1 }
      if depth == 0 { return String(decoding: bytes[start..<position], as: UTF8.self) }
    }
    throw damaged("a list without end")
  }

  private mutating func truth() throws -> Bool {
    _ = peekSpace()
    for (word, value) in [("True", true), ("False", false)]
    where bytes[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw damaged("expected True or False")
  }

  private mutating func tuple() throws -> [Int] {
    try expect("(")
    var lengths: [Int] = []
    while !skip(")") {
      lengths.append(try number())
      if !skip(",") {
        try expect(")")
        break
      }
    }
    return lengths
  }

  private mutating func number() throws -> Int {
    _ = peekSpace()
    var value = 0
    let start = position
    while let byte = peek(), (0x30...0x39).contains(byte) {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let sum = product.addingReportingOverflow(Int(byte) - 0x30)
      guard !overflow, !sum.overflow else { throw damaged("a huge length") }
      value = sum.partialValue
      position += 1
    }
    guard position > start else { throw damaged("expected a length") }
    // As Python 2 wrote them.
    if peek() == UInt8(ascii: "L") { position += 1 }
    return value
  }

  private func damaged(_ what: String) -> Failure { Failure(NumPyReason.header(what)) }
}
