import Tensors

/// What a training went through, step by step: its loss, how good the model was in between, and the learning rate.
struct RunPlot {
  let history: RunHistory

  /// More marks than this hide one another.
  private static let markLimit = 60
  private static let heights = (loss: 170.0, evaluations: 110.0, rate: 40.0)
  /// For the label of the evaluation that was kept.
  private static let headroom = 20.0
  private static let (top, gap) = (24.0, 44.0)

  /// The plot; nil where there are fewer than two numbers to be seen.
  var figure: Figure? {
    guard losses.points.count + evaluations.points.count > 1 else { return nil }
    var shapes: [Markup] = []
    var top = Self.top
    var lowest: StepPanel?
    for draw in [drawLoss, drawEvaluations, drawRate] {
      guard let (panel, drawn) = draw(top) else { continue }
      shapes += panel.frame + drawn
      (top, lowest) = (panel.bottom + Self.gap, panel)
    }
    guard let lowest else { return nil }
    return Figure(
      title: abbreviated(printable(history.title), to: 60), summary: summary,
      height: Int(lowest.bottom) + 50, shapes: shapes + lowest.stepLabels)
  }

  private var losses: Curve { curve(history.points.map { ($0.step, $0.loss) }) }
  private var rates: Curve { curve(history.points.map { ($0.step, $0.rate) }) }
  private var evaluations: Curve { curve(history.evaluations.map { ($0.step, $0.value) }) }

  /// Nil where none is above zero by anything.
  private var greatestRate: Double? {
    history.points.compactMap { defined($0.rate) }.filter { $0 > 1e-300 }.max()
  }

  /// Whether the running mean is another curve than the loss itself.
  private var isNoisy: Bool { losses.points.count >= 40 }

  private func curve(_ numbers: [(step: Int, value: Double?)]) -> Curve {
    Curve(numbers.compactMap { step, value in defined(value).map { (step, $0) } })
  }

  /// From the beginning, unless the first step is far from it.
  private var steps: ClosedRange<Double> {
    let firsts = [history.points.first?.step, history.evaluations.first?.step].compactMap(\.self)
    let (first, last) = (Double(firsts.min() ?? 0), Double(history.steps))
    return (first <= 0.1 * last || first >= last ? 0 : first)...max(1, last)
  }

  private func panel(
    _ name: String, _ axis: Axis, _ top: Double, _ height: Double
  ) -> StepPanel {
    StepPanel(name: name, axis: axis, steps: steps, top: top, height: height)
  }

  private func drawLoss(_ top: Double) -> (StepPanel, [Markup])? {
    let (all, trend) = (losses, losses.smoothed)
    guard !all.points.isEmpty else { return nil }
    let axis = Axis(telling: all.values, trend: trend.values)
    let name = axis.isLogarithmic ? "loss, logarithmic" : "loss"
    let panel = panel(name, axis, top, Self.heights.loss)
    let faint = isNoisy ? [panel.trace(all, style: "faint embeddings")] : []
    return (panel, faint + [panel.trace(trend, style: "embeddings")])
  }

  private func drawEvaluations(_ top: Double) -> (StepPanel, [Markup])? {
    let curve = evaluations
    guard !curve.points.isEmpty else { return nil }
    let axis = Axis(
      curve.values + [history.kept?.value].compactMap(\.self), isFromZero: false)
    var panel = panel(
      history.metricName, axis, top + Self.headroom, Self.heights.evaluations)
    panel.headroom = Self.headroom
    let isMarked = curve.points.count <= Self.markLimit && curve.binSize == 1
    let marks = !isMarked ? [] : curve.points.map { mark($0.step, $0.value, .ring, 4, panel) }
    let kept = history.kept.map { keptMark(Double($0.step), $0.value, panel) } ?? []
    return (panel, [panel.trace(curve, style: "attention")] + marks + kept)
  }

  private func drawRate(_ top: Double) -> (StepPanel, [Markup])? {
    guard let greatest = greatestRate else { return nil }
    let axis = Axis(lower: 0, upper: greatest, ticks: [0, greatest], isLogarithmic: false)
    let panel = panel("learning rate", axis, top, Self.heights.rate)
    return (panel, [panel.trace(rates, style: "thin buffers")])
  }

  private func mark(
    _ step: Double, _ value: Double, _ marker: Figure.Marker, _ radius: Double, _ panel: StepPanel
  ) -> Markup {
    Figure.marker(
      marker, x: share(panel.x(step)), y: panel.y(value), radius: radius, style: "attention",
      title: "step \(fixed(step, 0)): \(fixed(value, 4))")
  }

  private func keptMark(_ step: Double, _ value: Double, _ panel: StepPanel) -> [Markup] {
    let (x, y) = (panel.x(step), panel.y(value))
    return [
      mark(step, value, .circle, 6, panel),
      .element(
        "text",
        [
          "x": share(x), "y": short(y - 12), "class": "label",
          "text-anchor": x < 0.3 ? "start" : x > 0.8 ? "end" : "middle",
        ], text: "\(fixed(value, 4)), kept"),
    ]
  }

  private var summary: String {
    var sentences: [String] = []
    if let (first, last) = history.losses {
      sentences.append(
        "Loss of \(grouped(history.steps)) steps, from \(significant(first)) to \(significant(last))\(lines)."
      )
    }
    if let kept = history.kept {
      sentences.append(
        "After \(grouped(kept.step)) steps \(history.metricName) was best, \(fixed(kept.value, 4)): these parameters were kept."
      )
    }
    if let greatest = greatestRate {
      sentences.append("The learning rate was at most \(tickText(greatest)).")
    }
    return sentences.joined(separator: " ")
  }

  /// What the two lines of the loss are.
  private var lines: String {
    guard isNoisy else { return "" }
    let curve = losses
    let thin = curve.binSize > 1 ? "means of \(grouped(curve.binSize)) steps" : "each step"
    return "; the thin line shows \(thin), the thick one the running mean of a twentieth of all"
  }
}
