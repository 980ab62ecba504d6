import Documents
import Tensors

/// What is said of a task, in its task.yaml or by options, because its files do not show it.
public struct TaskDescription: Sendable, Equatable {
  public var kind: Task.Kind?
  /// Where in a row what is found.
  public var columns: [Field: Column] = [:]
  /// Whether the first row of a table holds the names of its columns.
  public var header: Bool?
  /// The names of the classes in the order of their numbers.
  public var labels: [String]?
  public var metric: Metric?
  /// What is taken off the front of every word that is to be tagged.
  public var stripPrefix: PrefixPattern?

  public init() {}

  /// What an example consists of.
  public enum Field: String, Sendable, CaseIterable {
    case text, text2, label, score, tokens, tags, id, question, context, answers
  }

  /// A column of a table, or a member of a JSON object.
  public enum Column: Sendable, Hashable, CustomStringConvertible {
    case name(String)
    /// Counted from one.
    case number(Int)

    public var description: String {
      switch self {
      case .name(let name): "'\(printable(name))'"
      case .number(let number): "\(number)"
      }
    }
  }

  /// Keeps what it says itself only where another says nothing.
  public mutating func override(with other: TaskDescription) {
    kind = other.kind ?? kind
    columns.merge(other.columns) { $1 }
    header = other.header ?? header
    labels = other.labels ?? labels
    metric = other.metric ?? metric
    stripPrefix = other.stripPrefix ?? stripPrefix
  }
}

extension Task.Kind {
  /// The fields that an example of this kind may have.
  var fields: [TaskDescription.Field] {
    switch self {
    case .classification: [.text, .label]
    case .pair: [.text, .text2, .label]
    case .regression, .similarity: [.text, .text2, .score, .label]
    case .tags: [.tokens, .tags]
    case .qa: [.id, .question, .context, .answers]
    }
  }

  /// Whether examples have classes with names.
  var hasLabels: Bool {
    switch self {
    case .classification, .pair, .tags: true
    case .regression, .similarity, .qa: false
    }
  }
}

extension TaskDescription {
  /// Fails where something is said that has no meaning for a kind of task.
  func check(for kind: Task.Kind) throws {
    let foreign = columns.keys.filter { !kind.fields.contains($0) }.map(\.rawValue).sorted()
    guard foreign.isEmpty else {
      throw Failure(
        TaskDescriptionReason.foreignColumns(
          foreign, kind: kind, known: kind.fields.map(\.rawValue)))
    }
    if stripPrefix != nil, kind != .tags {
      throw Failure(TaskDescriptionReason.meaningless("strip-prefix", kind: kind))
    }
    if labels != nil, !kind.hasLabels {
      throw Failure(TaskDescriptionReason.meaningless("labels", kind: kind))
    }
    if let metric, !kind.metrics.contains(metric) {
      throw Failure(TaskDescriptionReason.metric(metric, kind: kind))
    }
  }
}

/// What can be wrong with the description of a task.
package enum TaskDescriptionReason: Reason {
  case unknownKey(String, known: [String])
  case wrongValue(String, expected: String, found: String)
  case duplicateLabel(String)
  case columnTwice(String)
  case columnNumber(String)
  case foreignColumns([String], kind: Task.Kind, known: [String])
  case meaningless(String, kind: Task.Kind)
  case metric(Metric, kind: Task.Kind)

  package var outcome: Outcome { .usage }

  package var description: String {
    switch self {
    case .unknownKey(let key, let known):
      "'\(printable(key))' is not known; known are \(listing(known))"
    case .wrongValue(let key, let expected, let found):
      "'\(printable(key))' should be \(expected), but is \(printable(found))"
    case .duplicateLabel(let label): "the label '\(printable(label))' appears twice"
    case .columnTwice(let field): "the column of '\(printable(field))' is given twice"
    case .columnNumber(let text):
      "a column's number should be from 1 to \(TaskDescription.columnLimit), but is \(printable(text))"
    case .foreignColumns(let names, let kind, let known):
      "a task of kind \(kind.rawValue) has no \(listing(names)); it has \(listing(known))"
    case .meaningless(let key, let kind):
      "\(key) has no meaning for a task of kind \(kind.rawValue)"
    case .metric(let metric, let kind):
      "\(metric.rawValue) does not measure a task of kind \(kind.rawValue); it is measured by "
        + listing(kind.metrics.map(\.rawValue))
    }
  }
}

/// A list of names for a message, cut where it is long.
func listing(_ names: [String]) -> String {
  let shown = names.prefix(12).map(printable)
  let rest = names.count - shown.count
  return shown.joined(separator: ", ") + (rest > 0 ? ", and \(rest) more" : "")
}
