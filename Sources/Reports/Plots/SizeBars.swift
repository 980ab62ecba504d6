import Tensors

/// Bars of what files take, one below the other, each divided into components.
struct SizeBars {
  /// Names and what stands under them.
  let models: [(name: String, report: ModelReport)]

  private static let (rowHeight, barHeight) = (58, 26)
  /// Parts narrower than this share of the width have no room for a label.
  private static let labelShare = 0.22

  /// The plot; nil where there is nothing to be seen.
  var figure: Figure? {
    let greatest = models.map(\.report.byteCount).max() ?? 0
    guard greatest > 0 else { return nil }
    let rows = models.enumerated().flatMap { index, model in
      row(model.name, model.report, top: index * Self.rowHeight, greatest: greatest)
    }
    let sizes = models.map { "\($0.name) \(byteText($0.report.byteCount))" }
    return Figure(
      title: "Size by component",
      summary: "Bytes of the weights: \(sizes.joined(separator: ", ")).",
      height: models.count * Self.rowHeight, shapes: rows, legend: legend)
  }

  private var legend: [Figure.LegendEntry] {
    var seen: [String] = []
    for component in models.flatMap(\.report.components) where component.byteCount > 0 {
      if !seen.contains(component.name) { seen.append(component.name) }
    }
    return seen.map { Figure.LegendEntry(label: $0, style: $0) }
  }

  private func row(_ name: String, _ model: ModelReport, top: Int, greatest: Int) -> [Markup] {
    let size = byteText(model.byteCount)
    var shapes = [
      Markup.element("text", ["x": "0", "y": "\(top + 16)", "class": "name"], text: name),
      .element(
        "text", ["x": "100%", "y": "\(top + 16)", "text-anchor": "end", "class": "name"],
        text: size),
    ]
    var start = 0
    for component in model.components where component.byteCount > 0 {
      let (from, width) = (fraction(start, greatest), fraction(component.byteCount, greatest))
      shapes += part(component, from: from, width: width, top: top + 24)
      start += component.byteCount
    }
    return shapes
  }

  private func part(_ component: ReportTotal, from: Double, width: Double, top: Int) -> [Markup] {
    let bytes = byteText(component.byteCount)
    let bar = Markup.element(
      "rect",
      [
        "x": share(from), "y": "\(top)", "width": share(width), "height": "\(Self.barHeight)",
        "class": "part \(component.name)",
      ], [.element("title", text: "\(component.name): \(bytes)")])
    guard width >= Self.labelShare else { return [bar] }
    let label = Markup.element(
      "text",
      [
        "x": share(from + width / 2), "y": "\(top + 17)", "text-anchor": "middle",
        "class": "inside",
      ], text: bytes)
    return [bar, label]
  }

  private func fraction(_ part: Int, _ whole: Int) -> Double { Double(part) / Double(whole) }
}
