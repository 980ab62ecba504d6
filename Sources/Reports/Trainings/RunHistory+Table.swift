import Tensors

extension [RunHistory] {
  /// A row for each training.
  var table: Table {
    var table = Table(
      ("training", .left), ("steps", .right), ("seconds", .right), ("examples/s", .right),
      ("loss", .right), ("", .left), ("best", .right), ("", .left), ("after step", .right))
    for history in self {
      let (losses, kept) = (history.losses, history.kept)
      table.add(
        abbreviated(printable(history.title), to: 60), grouped(history.steps),
        fixed(history.seconds, 1), history.examplesPerSecond.map { fixed($0, 1) } ?? "",
        losses.map { significant($0.first) } ?? "",
        losses.map { "→ \(significant($0.last))" } ?? "",
        kept.map { fixed($0.value, 4) } ?? "", kept == nil ? "" : history.metricName,
        kept.map { grouped($0.step) } ?? "")
    }
    return table
  }
}
