/// A name beside a point: to its right in the left half of a plot, else to its left.
struct PlacedLabel {
  /// A share of the width.
  let x: Double
  /// Pixels from above.
  let y: Double
  let text: String
}

extension PlacedLabel {
  /// The narrowest plot for which labels are kept apart; where there is more room, they are farther apart.
  private static let width = 300.0
  private static let lineHeight = 15.0
  private static let characterWidth = 6.8

  private var isRight: Bool { x < 0.5 }

  /// From left to right, in pixels of the narrowest plot.
  private var extent: ClosedRange<Double> {
    let (point, length) = (x * Self.width, Double(text.count) * Self.characterWidth + 12)
    return isRight ? point...(point + length) : (point - length)...point
  }

  /// The labels, moved up or down where one would lie on another or on a point, with a line to its point then.
  static func arranged(_ labels: [PlacedLabel], within range: ClosedRange<Double>) -> [Markup] {
    var taken = labels.map(\.point)
    return labels.sorted { $0.y < $1.y }.flatMap { label -> [Markup] in
      let others = taken.filter { $0 != label.point }
      let height = label.freeHeight(within: range, besides: others)
      taken.append(Spot(extent: label.extent, y: height))
      return label.shapes(at: height)
    }
  }

  /// What is taken already: from left to right at a height.
  private struct Spot: Equatable {
    let extent: ClosedRange<Double>
    let y: Double
  }

  private var point: Spot {
    let middle = x * Self.width
    return Spot(extent: (middle - 7)...(middle + 7), y: y)
  }

  /// The height nearest to the point's at which the label lies on nothing.
  private func freeHeight(within range: ClosedRange<Double>, besides spots: [Spot]) -> Double {
    for step in 0..<80 {
      let distance = Self.lineHeight * Double((step + 1) / 2)
      let height = step % 2 == 0 ? y + distance : y - distance
      let isTaken = spots.contains { spot in
        spot.extent.overlaps(extent) && (spot.y - height).magnitude < Self.lineHeight
      }
      if range.contains(height), !isTaken { return height }
    }
    return y
  }

  private func shapes(at height: Double) -> [Markup] {
    let offset = isRight ? 11.0 : -11
    let name = Markup.element(
      "text",
      [
        "x": share(x), "y": short(height + 4), "dx": short(offset),
        "text-anchor": isRight ? "start" : "end", "class": "label",
      ], text: text)
    guard (height - y).magnitude > 1 else { return [name] }
    let line = Markup.element(
      "line",
      [
        "x1": share(x), "y1": short(y), "x2": share(x + offset / 2 / 600), "y2": short(height),
        "class": "leader",
      ])
    return [line, name]
  }
}
