import Documents
import Tensors

extension TaskDescription {
  /// The greatest number that a column may have.
  static let columnLimit = 10_000

  /// Reads a task.yaml.
  public init(contentsOf path: String) throws {
    do {
      try self.init(YAML.read(path))
    } catch var failure as Failure {
      failure.reason = ReasonOfFile(reason: failure.reason)
      throw failure.within(Place(file: path))
    }
  }

  /// - Parameter document: a mapping; null says nothing.
  init(_ document: JSON) throws {
    guard document != .null else { return }
    guard let members = document.members else {
      throw wrong("the document", "a mapping", document)
    }
    for (key, value) in members {
      guard let known = Key(rawValue: key) else {
        throw Failure(
          TaskDescriptionReason.unknownKey(key, known: Key.allCases.map(\.rawValue)))
      }
      try set(known, value)
    }
  }

  private enum Key: String, CaseIterable {
    case kind, columns, header, labels, metric
    case stripPrefix = "strip-prefix"
  }

  private mutating func set(_ key: Key, _ value: JSON) throws {
    switch key {
    case .kind: kind = try choice(key.rawValue, value)
    case .metric: metric = try choice(key.rawValue, value)
    case .header:
      guard let flag = value.bool else { throw wrong(key.rawValue, "true or false", value) }
      header = flag
    case .labels:
      guard let list = value.array else { throw wrong(key.rawValue, "a list of names", value) }
      labels = try checkedLabels(list.map { try name($0, of: key.rawValue) })
    case .stripPrefix:
      guard let text = value.string else { throw wrong(key.rawValue, "a pattern", value) }
      stripPrefix = try PrefixPattern(text)
    case .columns:
      guard let members = value.members else { throw wrong(key.rawValue, "a mapping", value) }
      for (field, column) in members { columns[try .init(named: field)] = try Column(column) }
    }
  }
}

/// A reason that is one of usage on a command line, and of bad input in a file.
private struct ReasonOfFile: Reason {
  let reason: any Reason
  var description: String { reason.description }
  var hint: String? { reason.hint }
}

extension TaskDescription.Field {
  init(named name: String) throws {
    guard let field = Self(rawValue: name) else {
      throw Failure(
        TaskDescriptionReason.unknownKey(name, known: Self.allCases.map(\.rawValue)))
    }
    self = field
  }
}

extension TaskDescription.Column {
  init(_ value: JSON) throws {
    switch value {
    case .string(let name) where !name.isEmpty: self = .name(name)
    case .integer(let number): try self.init(number: number)
    default: throw wrong("columns", "a name or a number", value)
    }
  }

  init(number: Int) throws {
    guard 1...TaskDescription.columnLimit ~= number else {
      throw Failure(TaskDescriptionReason.columnNumber("\(number)"))
    }
    self = .number(number)
  }
}

/// Fails where a list of labels is empty or names one twice.
func checkedLabels(_ labels: [String]) throws -> [String] {
  guard !labels.isEmpty else {
    throw Failure(
      TaskDescriptionReason.wrongValue("labels", expected: "a list of names", found: "empty"))
  }
  var seen: Set<String> = []
  for label in labels where !seen.insert(label).inserted {
    throw Failure(TaskDescriptionReason.duplicateLabel(label))
  }
  return labels
}

/// A label, which may look like a number or a truth value.
private func name(_ value: JSON, of key: String) throws -> String {
  switch value {
  case .string(let text): return text
  case .integer(let number): return "\(number)"
  case .bool(let flag): return "\(flag)"
  default: throw wrong(key, "a list of names", value)
  }
}

private func choice<Choice: RawRepresentable & CaseIterable>(
  _ key: String, _ value: JSON
) throws -> Choice where Choice.RawValue == String {
  guard let choice = value.string.flatMap(Choice.init) else {
    throw wrong(key, "one of " + listing(Choice.allCases.map(\.rawValue)), value)
  }
  return choice
}

private func wrong(_ key: String, _ expected: String, _ found: JSON) -> Failure {
  let text = found.string ?? found.text()
  return Failure(TaskDescriptionReason.wrongValue(key, expected: expected, found: "'\(text)'"))
}
