/// A plot with its caption and legend. All that it shows stands in a table of the same report too.
///
/// Plots have no view box: places along the width are shares of it in percent, heights are pixels. So text stays
/// of one size from a telephone to a wide screen.
struct Figure {
  var title: String
  /// What is to be seen, in a sentence, for those who do not see it.
  var summary: String
  var height: Int
  var shapes: [Markup]
  var legend: [LegendEntry] = []

  /// One kind of thing that a plot shows.
  struct LegendEntry {
    var label: String
    /// The class that has its colour.
    var style: String
    var marker = Marker.square
  }

  /// Shapes that can be told apart without colours.
  enum Marker { case circle, ring, square }
}

extension Figure {
  var html: Markup {
    let image = Markup.element(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "role": "img", "aria-label": "\(title). \(summary)",
        "height": "\(height)",
      ],
      [.element("title", text: title), .element("desc", text: summary)] + shapes)
    let caption = Markup.element(
      "figcaption", [:], [.element("b", text: title), .text(summary)])
    return .element("figure", [:], [caption, image] + (legend.isEmpty ? [] : [legendList]))
  }

  private var legendList: Markup {
    .element(
      "ul", ["class": "legend"],
      legend.map { entry in
        let marker = Self.marker(entry.marker, x: "6", y: 6, radius: 5, style: entry.style)
        let picture = Markup.element(
          "svg",
          [
            "xmlns": "http://www.w3.org/2000/svg", "aria-hidden": "true", "width": "12",
            "height": "12",
          ], [marker])
        return .element("li", [:], [picture, .text(entry.label)])
      })
  }

  /// A marker about a point.
  static func marker(
    _ marker: Marker, x: String, y: Double, radius: Double, style: String, title: String? = nil
  ) -> Markup {
    let content = title.map { [Markup.element("title", text: $0)] } ?? []
    switch marker {
    case .circle, .ring:
      let kind = marker == .ring ? "ring" : "mark"
      return .element(
        "circle", ["cx": x, "cy": short(y), "r": short(radius), "class": "\(kind) \(style)"],
        content
      )
    case .square:
      let side = short(2 * radius)
      return .element(
        "rect",
        [
          "x": x, "y": short(y), "width": side, "height": side, "class": "mark \(style)",
          "transform": "translate(\(short(-radius)) \(short(-radius)))",
        ], content)
    }
  }
}
