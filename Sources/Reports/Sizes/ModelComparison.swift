import Documents
import Tasks
import Tensors

/// Several models side by side: one table, and one plot of size against accuracy.
public struct ModelComparison: Sendable {
  /// In the order in which they are shown; the others are held against the first.
  public var models: [ModelReport]
  public var notes: [String]

  public init(_ models: [ModelReport], notes: [String] = []) {
    self.models = models
    self.notes = notes
  }

  public init(_ report: SizeReport) {
    self.init(report.models, notes: report.notes)
  }
}

extension ModelComparison {
  /// The comparison in a form; it ends with an end of line.
  public func render(as form: ReportForm) -> String {
    switch form {
    case .text: blocks.text
    case .markdown: blocks.markdown
    case .html: blocks.html
    case .json: json.text(pretty: true) + "\n"
    }
  }

  /// The comparison as `pare.compare/1`; keys are only ever added.
  public var json: JSON {
    [
      "schema": "pare.compare/1",
      "models": .array(
        models.map { model in
          .object(model.summary + [("timesSmaller", number(timesSmaller(model)))])
        }),
      "notes": .array(notes.map(JSON.string)),
    ]
  }

  private func timesSmaller(_ model: ModelReport) -> Double? {
    models.first.map { Double($0.byteCount) / Double(max(1, model.byteCount)) }
  }

  private var blocks: [ReportBlock] {
    let named = Array(zip(shortNames(models.map(\.path)), models))
    let figures = [AccuracyPlot(models: named).figure, SizeBars(models: named).figure]
    return [
      .title("\(models.count) models"), .lines(taskLines), .table(table),
    ] + figures.compactMap { $0.map(ReportBlock.figure) } + [
      .notes(notes), .heading("What the words mean"),
      .definitions(ReportDefinitions.all(withErrors: false)),
    ]
  }

  /// The tasks that they were held against.
  private var taskLines: [String] {
    var lines: [String] = []
    for line in models.compactMap(\.result?.taskLine) where !lines.contains(line) {
      lines.append(line)
    }
    return lines
  }

  private var table: Table {
    let metric = models.lazy.compactMap(\.result?.metric).first
    let tokens = models.lazy.compactMap(\.operations?.tokens).first ?? 0
    var table = Table(
      ("model", .left), ("bytes", .right), ("× smaller", .right),
      (metric?.rawValue ?? "", .right), ("95 %", .left), ("median", .right),
      ("bits per weight", .right), ("bound", .right), ("parameters", .right), ("nonzero", .right),
      ("sparsity", .right), ("work, \(tokens) tokens", .right))
    for model in models { table.add(cells: cells(of: model)) }
    return table
  }

  private func cells(of model: ModelReport) -> [String] {
    let (total, result) = (model.total, model.result)
    let isSparse = !total.sparsityText.isEmpty
    return [
      printable(model.path), byteText(model.byteCount),
      timesSmaller(model).map { fixed($0, 2) } ?? "",
      result.map { fixed($0.score.value, 4) } ?? "",
      result.map { intervalText($0.score.interval) } ?? "",
      result?.latency.map { fixed($0.p50Milliseconds, 2) + " ms" } ?? "",
      total.bitsPerWeight.map { fixed($0, 2) } ?? "",
      total.boundPerWeight.map { fixed($0, 2) } ?? "",
      grouped(model.counts.uniqueParameters), isSparse ? total.nonzeroCount.map(grouped) ?? "" : "",
      total.sparsityText, model.operations.map { operationText($0.operations) } ?? "",
    ]
  }

  private func intervalText(_ bounds: ClosedRange<Double>) -> String {
    "\(fixed(bounds.lowerBound, 3)) to \(fixed(bounds.upperBound, 3))"
  }
}
