import Tensors

/// Points of one or several kinds between two axes, each of which is logarithmic where its values go through orders of magnitude.
struct ScatterPlot {
  let title: String
  let summary: String
  let axes: (across: String, up: String)
  let series: [Series]

  /// Points of one kind.
  struct Series {
    var label: String
    /// The class that has its colour.
    var style: String
    var marker: Figure.Marker
    /// Whether a line goes through them.
    var isJoined = false
    var points: [(x: Double, y: Double)]
  }

  private static let (top, bottom) = (20.0, 280.0)

  /// The plot; nil where there are fewer than two points that can be shown.
  var figure: Figure? {
    let shown = series.map { series in
      var series = series
      series.points.removeAll { !($0.x.isFinite && $0.y.isFinite && $0.x > 0 && $0.y > 0) }
      return series
    }
    let points = shown.flatMap(\.points)
    guard points.count > 1 else { return nil }
    let (xs, ys) = (points.map(\.x), points.map(\.y))
    let across = Axis(telling: xs, trend: xs)
    let up = VerticalScale(
      axis: Axis(telling: ys, trend: ys), top: Self.top, bottom: Self.bottom)
    let title = Markup.element("text", ["x": "0", "y": "12"], text: axes.up)
    let shapes = up.grid + [title] + labels(across) + shown.flatMap { draw($0, across, up) }
    return Figure(
      title: self.title, summary: summary, height: 330, shapes: shapes,
      legend: shown.filter { !$0.points.isEmpty }.map {
        Figure.LegendEntry(label: $0.label, style: $0.style, marker: $0.marker)
      })
  }

  private func labels(_ axis: Axis) -> [Markup] {
    zip(axis.ticks, axis.labels()).map { tick, label in
      Markup.element(
        "text",
        ["x": share(place(tick, axis)), "y": short(Self.bottom + 20), "text-anchor": "middle"],
        text: label)
    } + [
      .element(
        "text", ["x": "100%", "y": short(Self.bottom + 42), "text-anchor": "end"], text: axes.across
      )
    ]
  }

  private func draw(_ series: Series, _ across: Axis, _ up: VerticalScale) -> [Markup] {
    let places = series.points.map { (x: share(place($0.x, across)), y: up.height($0.y)) }
    let lines = zip(places, places.dropFirst()).map { from, to in
      Markup.element(
        "line",
        [
          "x1": from.x, "y1": short(from.y), "x2": to.x, "y2": short(to.y),
          "class": "curve \(series.style)",
        ])
    }
    if series.isJoined { return lines }
    return zip(places, series.points).map { place, point in
      Figure.marker(
        series.marker, x: place.x, y: place.y, radius: series.marker == .square ? 5 : 4,
        style: series.style, title: "\(significant(point.x)), \(significant(point.y))")
    }
  }

  /// Clear of the labels at the left end.
  private func place(_ value: Double, _ axis: Axis) -> Double { 0.12 + 0.84 * axis.place(value) }
}
