import Tensors

/// Size against accuracy: a point for each model that was run, its 95 % interval, and its name.
struct AccuracyPlot {
  let models: [(name: String, report: ModelReport)]

  private static let (top, bottom) = (24.0, 280.0)

  /// The plot; nil where fewer than two models were held against one task.
  var figure: Figure? {
    let metric = models.lazy.compactMap(\.report.result?.metric).first
    let points = models.compactMap { name, report -> Point? in
      guard let result = report.result, result.metric == metric, result.score.value.isFinite else {
        return nil
      }
      return Point(name: name, bytes: report.byteCount, result: result)
    }
    guard points.count > 1, let metric else { return nil }
    let sizes = Axis(points.map { Double($0.bytes) }, isFromZero: true, steps: 5)
    let scores = VerticalScale(
      axis: Axis(
        points.flatMap { [$0.interval.lowerBound, $0.interval.upperBound, $0.value] },
        isFromZero: false), top: Self.top, bottom: Self.bottom)
    let placed = points.map {
      PlacedLabel(
        x: x(Double($0.bytes), sizes), y: scores.height($0.value), text: "\($0.name)")
    }
    let shapes =
      scores.grid + sizeLabels(sizes) + zip(points, placed).map { whisker($0, $1, scores) }
      + PlacedLabel.arranged(placed, within: Self.top...Self.bottom) + zip(points, placed).map(mark)
    let list = points.map {
      "\($0.name) \(byteText($0.bytes)) at \(fixed($0.value, 4))"
    }
    return Figure(
      title: "Size against \(metric.rawValue)",
      summary:
        "Each model's weights in bytes and its \(metric.rawValue) with the 95 % interval: "
        + list.joined(separator: ", ") + ".",
      height: 330, shapes: shapes)
  }

  private struct Point {
    let name: String
    let bytes: Int
    let result: TaskResult

    var value: Double { result.score.value }
    var interval: ClosedRange<Double> { result.score.interval }
  }

  private func sizeLabels(_ axis: Axis) -> [Markup] {
    let units: [(name: String, bytes: Double)] = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("B", 1)]
    let unit = units.first { axis.upper >= $0.bytes } ?? units[3]
    let labels = zip(axis.ticks, axis.labels(unit.bytes)).map { tick, label in
      Markup.element(
        "text",
        ["x": share(x(tick, axis)), "y": short(Self.bottom + 20), "text-anchor": "middle"],
        text: label)
    }
    return labels + [
      .element(
        "text", ["x": "100%", "y": short(Self.bottom + 42), "text-anchor": "end"],
        text: "weights, \(unit.name)")
    ]
  }

  private func whisker(_ point: Point, _ label: PlacedLabel, _ axis: VerticalScale) -> Markup {
    .element(
      "line",
      [
        "x1": share(label.x), "x2": share(label.x),
        "y1": short(axis.height(point.interval.lowerBound)),
        "y2": short(axis.height(point.interval.upperBound)), "class": "whisker embeddings",
      ])
  }

  private func mark(_ point: Point, _ label: PlacedLabel) -> Markup {
    Figure.marker(
      .circle, x: share(label.x), y: label.y, radius: 6, style: "embeddings",
      title: "\(point.name): \(byteText(point.bytes)), \(fixed(point.value, 4))")
  }

  /// Clear of the labels at the left end.
  private func x(_ value: Double, _ axis: Axis) -> Double { 0.15 + 0.81 * axis.place(value) }
}
