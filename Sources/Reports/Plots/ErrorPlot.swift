import Checkpoints
import Tensors

/// The reconstruction error of each layer: a line for attention, one for the feed-forward network.
struct ErrorPlot {
  let model: ModelReport

  private static let (top, bottom) = (20.0, 200.0)
  private static let series: [(component: Component, marker: Figure.Marker)] = [
    (.attention, .ring), (.feedForward, .square),
  ]

  /// The plot; nil where fewer than two layers have an error to be seen.
  var figure: Figure? {
    let curves = Self.series.map { ($0, errors(of: $0.component)) }
    let values = curves.flatMap { $0.1.map(\.value) }
    let layers = Set(curves.flatMap { $0.1.map(\.layer) }).sorted()
    guard layers.count > 1, let greatest = values.max(), greatest > 0 else { return nil }
    let axis = VerticalScale(
      axis: Axis(values, isFromZero: true), top: Self.top, bottom: Self.bottom)
    var shapes = axis.grid + layerLabels(layers)
    for (series, points) in curves { shapes += curve(points, series, layers, axis) }
    return Figure(
      title: "Error by layer", summary: summary(of: curves.map { ($0.0.component, $0.1) }),
      height: 250, shapes: shapes,
      legend: Self.series.map {
        Figure.LegendEntry(
          label: $0.component.rawValue, style: $0.component.rawValue, marker: $0.marker)
      })
  }

  private func errors(of component: Component) -> [(layer: Int, value: Double)] {
    let members = model.parameters.filter { $0.component == component && $0.error != nil }
    return Dictionary(grouping: members.filter { $0.layer != nil }) { $0.layer! }
      .sorted { $0.key < $1.key }.compactMap { layer, members in
        let error = ReportTotal("", members).error?.relative ?? .nan
        return error.isFinite ? (layer, error) : nil
      }
  }

  private func summary(of curves: [(Component, [(layer: Int, value: Double)])]) -> String {
    let parts = curves.compactMap { component, points -> String? in
      guard let worst = points.max(by: { $0.value < $1.value }) else { return nil }
      return "\(component.rawValue) at most \(significant(worst.value)), in layer \(worst.layer)"
    }
    return "Relative Frobenius error ‖A − B‖ / ‖A‖ against the reference: "
      + parts.joined(separator: "; ") + "."
  }

  private func layerLabels(_ layers: [Int]) -> [Markup] {
    let every = (layers.count + 11) / 12
    let numbers = layers.indices.filter { $0 % every == 0 }.map { index in
      Markup.element(
        "text", ["x": share(place(index, layers)), "y": "220", "text-anchor": "middle"],
        text: "\(layers[index])")
    }
    return numbers + [
      .element("text", ["x": "100%", "y": "242", "text-anchor": "end"], text: "layer")
    ]
  }

  private func curve(
    _ points: [(layer: Int, value: Double)],
    _ series: (component: Component, marker: Figure.Marker),
    _ layers: [Int], _ axis: VerticalScale
  ) -> [Markup] {
    let places = points.map { point in
      (
        x: share(place(layers.firstIndex(of: point.layer) ?? 0, layers)),
        y: axis.height(point.value)
      )
    }
    let style = series.component.rawValue
    let lines = zip(places, places.dropFirst()).map { from, to in
      Markup.element(
        "line",
        [
          "x1": from.x, "y1": short(from.y), "x2": to.x, "y2": short(to.y),
          "class": "curve \(style)",
        ])
    }
    let marks = zip(places, points).map { place, point in
      Figure.marker(
        series.marker, x: place.x, y: place.y, radius: series.marker == .ring ? 6 : 3.5,
        style: style, title: "\(style), layer \(point.layer): \(significant(point.value))")
    }
    return lines + marks
  }

  /// Clear of the labels at the left end.
  private func place(_ index: Int, _ layers: [Int]) -> Double {
    0.15 + 0.81 * Double(index) / Double(max(1, layers.count - 1))
  }
}
