import Tensors

extension SizeReport {
  /// The report in a form; it ends with an end of line.
  public func render(as form: ReportForm) -> String {
    switch form {
    case .text: blocks.text
    case .markdown: blocks.markdown
    case .html: blocks.html
    case .json: json.text(pretty: true) + "\n"
    }
  }

  private var blocks: [ReportBlock] {
    var blocks = [ReportBlock.title(title)]
    if let reference { blocks.append(.lines(["against \(printable(reference.path))"])) }
    if models.count == 1 { blocks.append(.lines(models[0].facts)) }
    if let figure = SizeBars(models: named).figure, named.count > 1 {
      blocks.append(.figure(figure))
    }
    if let figure = AccuracyPlot(models: named).figure { blocks.append(.figure(figure)) }
    for model in models { blocks += self.blocks(of: model) }
    if let budget { blocks += budget.blocks }
    if !steps.isEmpty { blocks += [.heading("Steps"), .table(stepTable)] }
    if !trainings.isEmpty {
      blocks += [.heading("Trainings"), .table(trainings.table)]
      blocks += trainings.compactMap { RunPlot(history: $0).figure }.map(ReportBlock.figure)
    }
    if let recipe { blocks += [.heading("Recipe"), .verbatim(recipe)] }
    let isCompared = models.contains { $0.total.error != nil }
    return blocks + [
      .notes(notes), .heading("What the words mean"),
      .definitions(
        ReportDefinitions.all(withErrors: isCompared, withTrainings: !trainings.isEmpty)
          + (budget == nil ? [] : BudgetReport.definitions)),
    ]
  }

  private var title: String {
    models.count == 1 ? printable(models[0].path) : "\(models.count) models"
  }

  private var named: [(name: String, report: ModelReport)] {
    let all = (reference.map { [$0] } ?? []) + models
    return Array(zip(shortNames(all.map(\.path)), all))
  }

  private func blocks(of model: ModelReport) -> [ReportBlock] {
    var blocks: [ReportBlock] = []
    if models.count > 1 { blocks += [.subject(printable(model.path)), .lines(model.facts)] }
    blocks += [
      .table(model.measureTable(before: reference)), .heading("By component"),
      .table(model.componentTable(before: reference)),
    ]
    if let figure = ErrorPlot(model: model).figure { blocks.append(.figure(figure)) }
    if !model.layers.isEmpty { blocks += [.heading("By layer"), .table(model.layerTable)] }
    return blocks + [
      .details("Every tensor", model.tensorTable, isAsked: listsTensors), .notes(model.notes),
    ]
  }

  /// The beginning of what is too long for a table; the whole stands in the recipe.
  private func shortened(_ text: String) -> String {
    text.count <= 72 ? text : text.prefix(70) + " …"
  }

  private var stepTable: Table {
    var table = Table(
      ("step", .left), ("parameters", .right), ("", .left), ("bytes held", .right), ("", .left),
      ("seconds", .right))
    for step in steps {
      let isCounted = step.parametersBefore != step.parametersAfter
      let isSized = step.bytesBefore != step.bytesAfter
      table.add(
        printable(shortened(step.step)), grouped(step.parametersBefore),
        isCounted ? "→ \(grouped(step.parametersAfter))" : "", byteText(step.bytesBefore),
        isSized ? "→ \(byteText(step.bytesAfter))" : "", fixed(step.seconds, 2))
    }
    return table
  }
}

extension ModelReport {
  /// What kind of model it is and how it lies on disk.
  fileprivate var facts: [String] {
    [architecture.headline, "\(format) · \(byteText(byteCount))"]
      + (result.map { [$0.taskLine] } ?? [])
  }
}

/// What the columns of reports mean.
enum ReportDefinitions {
  static func all(
    withErrors: Bool, withTrainings: Bool = false
  ) -> [(term: String, meaning: String)] {
    let general = [
      (
        "bits per weight",
        "8 × bytes of the weights' files ÷ parameters at dense size: factors as the matrix that they make, masked weights included, ties once"
      ),
      (
        "bound",
        "the order-0 Shannon bound of what is stored, in bits per weight: the entropy of masks, codes and integers by value, of floating-point numbers byte by byte with the exponent apart; a coder that looks at neighbours can go below it"
      ),
      (
        "parameters",
        "unique: ties once, no buffers, factors as stored, masked weights included; nonzero: without zeros; logical: dense shapes, a tie at each place of use"
      ),
      ("sparsity", "the share of zeros among the numbers that the values are made of"),
      (
        "operations",
        "two for each product with a stored weight and for each of attention's, over all layers; norms, activations and look-ups are not counted"
      ),
    ]
    let error = (
      "error",
      "‖A − B‖ ÷ ‖A‖ in the Frobenius norm, A being the reference; greatest: the greatest difference of one weight"
    )
    let loss = (
      "loss",
      "of a training: the means over the first and the last twentieth of its steps; examples/s: with evaluations in between, since the run began or was taken up; best: the evaluation whose parameters were kept"
    )
    return general + (withErrors ? [error] : []) + (withTrainings ? [loss] : [])
  }
}
