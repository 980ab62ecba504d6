import Documents

extension TaskDescription {
  /// The description as a task.yaml.
  package var yaml: String {
    var lines: [String] = []
    func say(_ key: String, _ value: JSON?) {
      // JSON on one line is YAML too.
      if let value { lines.append("\(key): \(value.text())\n") }
    }
    say("kind", kind.map { .string($0.rawValue) })
    let fields = columns.sorted { $0.key.rawValue < $1.key.rawValue }
    say("columns", fields.isEmpty ? nil : .object(fields.map { ($0.key.rawValue, $0.value.json) }))
    say("header", header.map(JSON.bool))
    say("labels", labels.map { .array($0.map(JSON.string)) })
    say("metric", metric.map { .string($0.rawValue) })
    say("strip-prefix", stripPrefix.map { .string($0.text) })
    return lines.joined()
  }
}

extension TaskDescription.Column {
  fileprivate var json: JSON {
    switch self {
    case .name(let name): .string(name)
    case .number(let number): .integer(number)
    }
  }
}
