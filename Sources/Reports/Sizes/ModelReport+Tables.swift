import Tasks
import Tensors

extension ModelReport {
  /// The model's figures, one a line, beside those of the model before compression.
  func measureTable(before: ModelReport?) -> Table {
    var table = Table(
      ("measure", .left), (before == nil ? "" : "before", .right),
      (before == nil ? "value" : "after", .right), ("", .left))
    for measure in Measure.all {
      let isNew = measure.isNew(self) || before.map(measure.isNew) ?? false
      guard isNew, let value = measure.value(self) else { continue }
      let old = before.flatMap(measure.value)
      let change = before.flatMap { measure.change($0, self) }
      table.add(
        measure.title(self), old ?? "", value, change ?? measure.remark(self) ?? "")
    }
    return table
  }

  /// What each component takes.
  func componentTable(before: ModelReport?) -> Table {
    var table = Table(
      ("component", .left), ("before", .right), (before == nil ? "bytes" : "after", .right),
      ("share", .right), ("weights", .right), ("bits per weight", .right), ("bound", .right),
      ("sparsity", .right), ("rank", .right), ("error", .right), ("greatest", .right))
    let olds = before?.components ?? []
    for component in components {
      let old = olds.first { $0.name == component.name }
      table.add(cells: component.cells(before: old, of: byteCount))
    }
    for gone in olds where !components.contains(where: { $0.name == gone.name }) {
      let rest = [String](repeating: "", count: 8)
      table.add(cells: [gone.name, byteText(gone.byteCount), "–"] + rest)
    }
    table.add(cells: total.cells(before: before?.total, of: byteCount))
    return table
  }

  /// What each layer takes.
  var layerTable: Table {
    var table = Table(columns: Self.columns(from: "layer"))
    for layer in layers { table.add(cells: [layer.name] + layer.figures) }
    return table
  }

  /// What each tensor takes.
  var tensorTable: Table {
    var columns = Self.columns(from: "tensor")
    columns.insert(contentsOf: [("shape", .left), ("storage", .left)], at: 1)
    var table = Table(columns: columns)
    for parameter in parameters {
      let total = ReportTotal(parameter.role ?? printable(parameter.name), [parameter])
      table.add(
        cells: [total.name, parameter.shape.description, parameter.storage] + total.figures)
    }
    return table
  }

  private static func columns(
    from first: String
  ) -> [(heading: String, alignment: Table.Alignment)] {
    [
      (first, .left), ("bytes", .right), ("weights", .right), ("bits per weight", .right),
      ("bound", .right), ("sparsity", .right), ("rank", .right), ("error", .right),
      ("greatest", .right),
    ]
  }
}

extension ReportTotal {
  fileprivate func cells(before: ReportTotal?, of whole: Int) -> [String] {
    let share = name == "total" ? "" : percent(byteCount, of: whole)
    return [name, before.map { byteText($0.byteCount) } ?? "", figures[0], share]
      + figures.dropFirst()
  }

  /// Bytes, weights, bits of each and the bound, sparsity, ranks, errors.
  fileprivate var figures: [String] {
    [
      byteText(byteCount), denseCount > 0 ? grouped(denseCount) : "",
      bitsPerWeight.map { fixed($0, 2) } ?? "", boundPerWeight.map { fixed($0, 2) } ?? "",
      sparsityText, rankText,
      error.map { significant($0.relative) } ?? "", error.map { significant($0.maximum) } ?? "",
    ]
  }

  /// Nothing where nothing worth saying is zero.
  var sparsityText: String {
    guard let sparsity, sparsity >= 0.0005 else { return "" }
    return fixed(100 * sparsity, 1) + " %"
  }

  private var rankText: String {
    guard let ranks else { return "" }
    return ranks.count == 1 ? "\(ranks.lowerBound)" : "\(ranks.lowerBound)–\(ranks.upperBound)"
  }
}
