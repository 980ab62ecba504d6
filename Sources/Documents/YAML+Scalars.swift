import Tensors

extension JSON {
  /// The value of a scalar by the core schema of YAML 1.2.2, §10.3.2: text if it is quoted, else what
  /// its form says, else text.
  init(yamlScalar text: String, tag: String?, isPlain: Bool) throws(Failure) {
    guard let tag else {
      self = isPlain ? try JSON(plainScalar: text) : .string(text)
      return
    }
    guard tag != "!", tag != "tag:yaml.org,2002:str" else {
      self = .string(text)
      return
    }
    let value = try JSON(plainScalar: text)
    switch (tag, value) {
    case ("tag:yaml.org,2002:null", .null), ("tag:yaml.org,2002:bool", .bool),
      ("tag:yaml.org,2002:int", .integer), ("tag:yaml.org,2002:float", .number):
      self = value
    case ("tag:yaml.org,2002:float", .integer(let integer)): self = .number(Double(integer))
    case ("tag:yaml.org,2002:null", _), ("tag:yaml.org,2002:bool", _),
      ("tag:yaml.org,2002:int", _), ("tag:yaml.org,2002:float", _):
      throw Failure(YAMLReason.notOfTag(text, tag: "!!" + tag.split(separator: ":").last!))
    default: throw Failure(YAMLReason.unknownTag(tag))
    }
  }

  private init(plainScalar text: String) throws(Failure) {
    switch text {
    case "", "~", "null", "Null", "NULL": self = .null
    case "true", "True", "TRUE": self = .bool(true)
    case "false", "False", "FALSE": self = .bool(false)
    case ".nan", ".NaN", ".NAN": throw Failure(YAMLReason.notFinite(text))
    default: self = try JSON(yamlNumber: text) ?? .string(text)
    }
  }

  /// Nil where the text has not the form of a number.
  private init?(yamlNumber text: String) throws(Failure) {
    let bytes = Array(text.utf8)
    switch YAMLNumber(bytes) {
    case nil: return nil
    case .infinity: throw Failure(YAMLReason.notFinite(text))
    case .integer(let radix):
      let digits = radix == 10 ? text[...] : text.dropFirst(2)
      guard let value = Int(digits, radix: radix) else {
        throw Failure(YAMLReason.integerOverflow(text))
      }
      self = .integer(value)
    case .float:
      // What YAML allows and the standard library does not: no digits on one side of the point.
      guard let value = Double(text) ?? Double(text.yamlFloatFilled) else { return nil }
      guard value.isFinite else { throw Failure(YAMLReason.notFinite(text)) }
      self = .number(value)
    }
  }
}

/// The forms of numbers in the core schema.
private enum YAMLNumber {
  case integer(radix: Int)
  case float
  case infinity

  init?(_ text: [UInt8]) {
    let isPrefixed = text.count > 2 && text[0] == UInt8(ascii: "0")
    if isPrefixed, text[1] == UInt8(ascii: "o"), text[2...].allSatisfy({ $0 & 0xF8 == 0x30 }) {
      self = .integer(radix: 8)
    } else if isPrefixed, text[1] == UInt8(ascii: "x"), text[2...].allSatisfy(isHexadecimal) {
      self = .integer(radix: 16)
    } else {
      self.init(decimal: text.drop { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }, of: text)
    }
  }

  /// - Parameter rest: what follows the sign.
  private init?(decimal rest: ArraySlice<UInt8>, of text: [UInt8]) {
    guard rest.startIndex <= 1 else { return nil }
    if [".inf", ".Inf", ".INF"].contains(String(decoding: rest, as: UTF8.self)) {
      self = .infinity
      return
    }
    let whole = rest.prefix(while: isDigit)
    var rest = rest[whole.endIndex...]
    var fraction = rest.prefix(0)
    let hasPoint = rest.first == UInt8(ascii: ".")
    if hasPoint {
      fraction = rest.dropFirst().prefix(while: isDigit)
      rest = rest[fraction.endIndex...]
    }
    guard !whole.isEmpty || !fraction.isEmpty else { return nil }
    if rest.isEmpty {
      self = hasPoint ? .float : .integer(radix: 10)
      return
    }
    guard rest.first! | 0x20 == UInt8(ascii: "e") else { return nil }
    let sign = rest.dropFirst().first
    let isSigned = sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
    let digits = rest.dropFirst(isSigned ? 2 : 1)
    guard !digits.isEmpty, digits.allSatisfy(isDigit) else { return nil }
    self = .float
  }
}

private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

private func isHexadecimal(_ byte: UInt8) -> Bool {
  isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 6
}

extension String {
  /// `1.` and `.5e3` as `1.0` and `0.5e3`.
  fileprivate var yamlFloatFilled: String {
    guard let point = firstIndex(of: ".") else { return self }
    let head = self[..<point]
    let tail = self[index(after: point)...]
    let hasWhole = head.last?.isNumber ?? false
    let hasFraction = tail.first?.isNumber ?? false
    return head + (hasWhole ? "." : "0.") + (hasFraction ? "" : "0") + tail
  }
}
