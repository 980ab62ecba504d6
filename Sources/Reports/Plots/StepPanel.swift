import Tensors

/// A plot over the steps of a training, one of several that stand one below the other.
struct StepPanel {
  let name: String
  let axis: Axis
  /// From the first step to the last that any of the panels shows.
  let steps: ClosedRange<Double>
  /// Pixels from above.
  let top: Double
  let height: Double
  /// Room between the name and the uppermost tick, for what stands above the highest value.
  var headroom = 0.0

  /// Clear of the labels at the left end.
  private static let (left, width) = (0.15, 0.81)
  private static let units = 1000.0

  var bottom: Double { top + height }

  func x(_ step: Double) -> Double {
    let length = steps.upperBound - steps.lowerBound
    return Self.left + (length > 0 ? Self.width * (step - steps.lowerBound) / length : 0)
  }

  func y(_ value: Double) -> Double { bottom - height * axis.place(value) }

  /// The name, and a line for each tick with its label above.
  var frame: [Markup] {
    let lines = zip(axis.ticks, axis.labels()).flatMap { tick, label in
      [
        Markup.element(
          "line",
          ["x1": "0", "x2": "100%", "y1": short(y(tick)), "y2": short(y(tick)), "class": "grid"]),
        .element("text", ["x": "0", "y": short(y(tick) - 5)], text: label),
      ]
    }
    return lines + [
      .element(
        "text",
        ["x": "100%", "y": short(top - headroom - 6), "text-anchor": "end", "class": "label"],
        text: name)
    ]
  }

  /// The numbers of steps below the panel.
  var stepLabels: [Markup] {
    let ticks = Axis([steps.lowerBound, steps.upperBound], isFromZero: steps.lowerBound == 0).ticks
      .filter { steps.contains($0) && $0 == $0.rounded() }
    let labels = ticks.map { tick in
      Markup.element(
        "text", ["x": share(x(tick)), "y": short(bottom + 20), "text-anchor": "middle"],
        text: tick < 1e15 ? grouped(Int(tick)) : tickText(tick))
    }
    return labels + [
      .element(
        "text", ["x": "100%", "y": short(bottom + 42), "text-anchor": "end"], text: "steps")
    ]
  }

  /// A curve as one path, in units of its own that are stretched to whatever width there is.
  func trace(_ curve: Curve, style: String) -> Markup {
    let length = steps.upperBound - steps.lowerBound
    let places = curve.points.map { point in
      let x = length > 0 ? Self.units * (point.step - steps.lowerBound) / length : 0
      return "\(short(x)) \(short(y(point.value) - top))"
    }
    return .element(
      "svg",
      [
        "x": share(Self.left), "y": short(top), "width": share(Self.width),
        "height": short(height), "viewBox": "0 0 \(short(Self.units)) \(short(height))",
        "preserveAspectRatio": "none",
      ],
      [
        .element(
          "path", ["class": "trace \(style)", "d": "M" + places.joined(separator: "L")])
      ])
  }
}
