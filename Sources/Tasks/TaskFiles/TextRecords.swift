import Documents
import Tensors

/// Objects that hold a text or two and a label or score.
struct TextRecords: RecordReading {
  private var contents: TaskContents
  let text: String
  let second: String?
  private let gold: String

  init(_ description: TaskDescription, _ first: JSONNode) throws {
    func name(_ column: TaskDescription.Column) throws -> String {
      switch column {
      case .name(let name): return name
      case .number(let number): throw Failure(TableReason.numberInObject(number))
      }
    }
    let layout = try RowLayout(description, names: first.value.members?.map(\.key) ?? []) {
      column in
      guard let value = (try? name(column)).flatMap({ first.value[$0] }) else { return nil }
      return value.string ?? value.text()
    }
    contents = TaskContents(kind: layout.kind)
    text = try name(layout.text)
    second = try layout.second.map(name)
    gold = try name(layout.gold)
  }

  mutating func add(_ node: JSONNode, line: Int) throws {
    contents.examples.append(
      Example(
        line: line, text: try node.required(text).text(),
        second: try second.map { try node.required($0).text() },
        gold: try gold(of: node.required(gold))))
  }

  func finished() -> TaskContents { contents }

  private func gold(of node: JSONNode) throws -> Gold {
    guard contents.kind == .regression || contents.kind == .similarity else {
      return .label(try node.label())
    }
    if let text = node.value.string {
      return .score(try finiteNumber(text).orThrow(TableReason.notANumber(text)))
    }
    guard let number = node.value.number else { throw node.wrong("a number") }
    return .score(number)
  }
}

extension JSONNode {
  /// The name or the number of a class.
  func label() throws -> String {
    switch value {
    case .string(let text): text
    case .integer(let number): "\(number)"
    case .bool(let flag): "\(flag)"
    default: throw wrong("a label")
    }
  }
}
