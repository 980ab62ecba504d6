import Documents
import Tensors

/// A value of a JSON document together with the way to it.
struct JSONNode {
  let value: JSON
  /// Such as `data[3].paragraphs[0].context`; empty for the document itself.
  let path: String

  init(_ value: JSON, path: String = "") {
    self.value = value
    self.path = path
  }

  func member(_ key: String) -> JSONNode? {
    value[key].map { JSONNode($0, path: path.isEmpty ? key : "\(path).\(key)") }
  }

  func required(_ key: String) throws -> JSONNode {
    guard value.members != nil else { throw wrong("an object") }
    guard let member = member(key) else {
      throw Failure(JSONTaskReason.missing(key, in: path, known: value.members?.map(\.key) ?? []))
    }
    return member
  }

  func text() throws -> String {
    guard let text = value.string else { throw wrong("text") }
    return text
  }

  func integer() throws -> Int {
    guard let integer = value.integer else { throw wrong("an integer") }
    return integer
  }

  func elements() throws -> [JSONNode] {
    guard let elements = value.array else { throw wrong("a list") }
    return elements.enumerated().map { JSONNode($1, path: "\(path)[\($0)]") }
  }

  func wrong(_ expected: String) -> Failure {
    Failure(JSONTaskReason.wrongType(path, expected: expected, found: value.typeName))
  }
}

extension JSON {
  fileprivate var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "a truth value"
    case .integer, .number: "a number"
    case .string: "text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

/// What can be wrong with the values of a task's JSON.
enum JSONTaskReason: Reason {
  case missing(String, in: String, known: [String])
  case wrongType(String, expected: String, found: String)
  case answerBeyond(String, start: Int, count: Int)
  case noAnswer(String)

  var description: String {
    switch self {
    case .missing(let key, let path, let known):
      "\(subject(path)) lacks '\(printable(key))'; it has \(listing(known))"
    case .wrongType(let path, let expected, let found):
      "\(subject(path)) should be \(expected), but is \(found)"
    case .answerBeyond(let path, let start, let count):
      "\(subject(path)) begins at character \(start) of a context of \(count)"
    case .noAnswer(let path): "\(subject(path)) holds no answer, but is not said to be impossible"
    }
  }

  private func subject(_ path: String) -> String { path.isEmpty ? "the value" : printable(path) }
}
