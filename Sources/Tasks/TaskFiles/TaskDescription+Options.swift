import Documents
import Tensors

extension TaskDescription {
  /// A description from what was given on a command line.
  ///
  /// - Parameter columns: such as `text=sentence` or `label=2`, also several with commas between them.
  /// - Parameter labels: names with commas between them.
  /// - Throws: ``Failure`` of usage.
  public init(
    kind: Task.Kind? = nil, columns: [String] = [], header: Bool? = nil, labels: String? = nil,
    metric: Metric? = nil, stripPrefix: String? = nil
  ) throws {
    self.kind = kind
    self.header = header
    self.metric = metric
    self.labels = try labels.map { try checkedLabels($0.split(separator: ",").map(trimmed)) }
    self.stripPrefix = try stripPrefix.map(PrefixPattern.init)
    for item in columns.flatMap({ $0.split(separator: ",") }) {
      let parts = item.split(separator: "=", maxSplits: 1).map(trimmed)
      guard parts.count == 2, !parts[1].isEmpty else {
        throw Failure(
          TaskDescriptionReason.wrongValue(
            "columns", expected: "such as text=sentence or label=2", found: "'\(item)'"))
      }
      let isNumber = parts[1].utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      // A number too great for an integer is too great for a column.
      let field = try Field(named: parts[0])
      guard self.columns[field] == nil else {
        throw Failure(TaskDescriptionReason.columnTwice(parts[0]))
      }
      self.columns[field] =
        isNumber ? try Column(number: Int(parts[1]) ?? .max) : .name(parts[1])
    }
  }
}

private func trimmed(_ text: Substring) -> String {
  String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
}
