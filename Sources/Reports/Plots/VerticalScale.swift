/// An axis that goes up a plot, and where it lies in it.
struct VerticalScale {
  let axis: Axis
  let top: Double
  let bottom: Double

  /// Where a value lies, from the top of the figure down.
  func height(_ value: Double) -> Double { bottom - (bottom - top) * axis.place(value) }

  /// A line across the plot for each tick, with its label above the left end.
  var grid: [Markup] {
    zip(axis.ticks, axis.labels()).flatMap { tick, label in
      let y = height(tick)
      return [
        Markup.element(
          "line", ["x1": "0", "x2": "100%", "y1": short(y), "y2": short(y), "class": "grid"]),
        .element("text", ["x": "0", "y": short(y - 5)], text: label),
      ]
    }
  }
}
