import Tasks
import TestSupport

@testable import Tasks

typealias Task = Tasks.Task

/// Reads a task from text under a name whose ending says its form.
func readTask(
  _ name: String, _ text: String, _ options: TaskDescription = TaskDescription()
) throws -> Task {
  try readTask(name, [UInt8](text.utf8), options)
}

func readTask(
  _ name: String, _ bytes: [UInt8], _ options: TaskDescription = TaskDescription()
) throws -> Task {
  try bytes.withUnsafeBytes { try Task(SourceText(path: name, bytes: $0), options) }
}

/// What an error says, or that there was none.
func message<Result>(_ body: () throws -> Result) -> String {
  do {
    return "no error, but \(try body())"
  } catch {
    return "\(error)"
  }
}

func options(
  _ kind: Task.Kind? = nil, columns: String..., header: Bool? = nil, labels: String? = nil,
  metric: Metric? = nil, stripPrefix: String? = nil
) throws -> TaskDescription {
  try TaskDescription(
    kind: kind, columns: columns, header: header, labels: labels, metric: metric,
    stripPrefix: stripPrefix)
}

extension Task {
  var golds: [Gold] { examples.map(\.gold) }
  var texts: [String] { examples.map(\.text) }
}
