import Documents
import Tensors

/// A value in the settings of a tokenizer, with its path in the document for messages.
struct Setting {
  let value: JSON
  let name: String
  let file: String

  /// How deep sequences of parts may nest, and how many parts each may have.
  private static let depthLimit = 4
  private static let partLimit = 32

  init(_ value: JSON, name: String, file: String) {
    self.value = value
    self.name = name
    self.file = file
  }

  /// A member of an object; nil where it is absent or null.
  subscript(key: String) -> Setting? {
    guard let value = value[key], value != .null else { return nil }
    return Setting(value, name: name.isEmpty ? key : "\(name).\(key)", file: file)
  }

  func require(_ key: String) throws(Failure) -> Setting {
    guard let setting = self[key] else {
      throw failure(.missing(name.isEmpty ? key : "\(name).\(key)"))
    }
    return setting
  }

  func string() throws(Failure) -> String {
    guard let text = value.string else { throw wrong("a string") }
    return text
  }

  /// Text that stands in for other text: of no great length.
  func shortString() throws(Failure) -> String {
    let text = try string()
    guard text.utf8.count <= SplitPattern.lengthLimit else {
      throw wrong("of at most \(SplitPattern.lengthLimit) bytes")
    }
    return text
  }

  func bool() throws(Failure) -> Bool {
    guard let flag = value.bool else { throw wrong("true or false") }
    return flag
  }

  func integer(in range: ClosedRange<Int> = 0...Int(Int32.max)) throws(Failure) -> Int {
    guard let number = value.integer, range.contains(number) else {
      throw wrong("an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func bool(_ key: String, or fallback: Bool) throws(Failure) -> Bool {
    try self[key]?.bool() ?? fallback
  }

  func elements() throws(Failure) -> [Setting] {
    guard let array = value.array else { throw wrong("an array") }
    return array.enumerated().map {
      Setting($0.element, name: "\(name)[\($0.offset)]", file: file)
    }
  }

  /// The elements of a sequence of parts, which may hold sequences itself.
  func parts(_ key: String, depth: Int) throws(Failure) -> [Setting] {
    guard depth < Self.depthLimit else { throw failure(.nestedTooDeeply) }
    let parts = try require(key).elements()
    guard parts.count <= Self.partLimit else {
      throw try require(key).wrong("of at most \(Self.partLimit) parts")
    }
    return parts
  }

  func wrong(_ expected: String) -> Failure { failure(.wrongValue(name, expected: expected)) }

  func unsupported(_ value: String, known: [String]) -> Failure {
    failure(.unsupported(name, value, known: known))
  }

  func failure(_ reason: TokenizerReason) -> Failure {
    Failure(reason, at: Place(file: file))
  }
}
