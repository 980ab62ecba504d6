import Tensors

/// A reason that holds at a line of a text, lines and columns counted from one.
package struct TextReason: Reason {
  package var line: Int
  /// In characters; nil where the whole line is meant.
  package var column: Int?
  package var reason: any Reason

  package init(line: Int, column: Int? = nil, _ reason: any Reason) {
    self.line = line
    self.column = column
    self.reason = reason
  }

  package var outcome: Outcome { reason.outcome }
  package var hint: String? { reason.hint }

  package var description: String {
    let place = column.map { "line \(line), column \($0)" } ?? "line \(line)"
    return "\(place): \(reason)"
  }
}
