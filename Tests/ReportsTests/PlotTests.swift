import Testing

@testable import Reports

@Suite struct PlotTests {
  @Test func axesAreRound() {
    let sizes = Axis([45.4e6, 7.4e6], isFromZero: true)
    #expect(
      sizes.lower == 0 && sizes.upper == 60e6 && sizes.labels(1e6) == ["0", "20", "40", "60"])
    let scores = Axis([0.873, 0.914], isFromZero: false)
    #expect(scores.lower <= 0.873 && scores.upper >= 0.914)
    #expect(scores.labels().allSatisfy { $0.hasPrefix("0.") } && Set(scores.labels()).count > 2)
    #expect(Axis([0.0021], isFromZero: true).labels().first == "0.000")
  }

  @Test(arguments: [[0], [.nan, .infinity], [], [5, 5], [1e-300], [1e300, -1e300], [-3, -1]])
  func strangeValuesHaveAnAxis(_ values: [Double]) {
    for isFromZero in [true, false] {
      let axis = Axis(values, isFromZero: isFromZero)
      #expect(axis.upper > axis.lower && axis.ticks.count >= 2 && axis.ticks.count <= 21)
      for value in values + [0] { #expect((0...1).contains(axis.place(value))) }
      #expect(axis.labels().count == axis.ticks.count)
    }
  }

  @Test func labelsKeepApart() throws {
    let labels = (0..<12).map { index in
      PlacedLabel(x: 0.3 + 0.01 * Double(index), y: 150 + Double(index), text: "model-\(index)")
    }
    let shapes = PlacedLabel.arranged(labels, within: 20...300)
    let heights = shapes.map(\.source).filter { $0.hasPrefix("<text") }.compactMap { text in
      text.firstMatch(of: /y="([0-9.]+)"/).flatMap { Double($0.1) }
    }.sorted()
    #expect(heights.count == 12)
    for (above, below) in zip(heights, heights.dropFirst()) { #expect(below - above >= 14.9) }
    // Each of those that moved has a line to its point.
    #expect(shapes.count > 12)
  }

  @Test func namesTellPathsApart() {
    #expect(shortNames(["a/x/model", "b/x/other"]) == ["model", "other"])
    #expect(shortNames(["a/x/model", "b/x/model/"]) == ["a/x/model", "b/x/model"])
    #expect(shortNames(["m", "m"]) == ["m", "m"])
    #expect(shortNames(["/", ""]) == ["/", ""])
    let long = shortNames([String(repeating: "n", count: 80)])[0]
    #expect(long.count == 20 && long.contains("…"))
  }
}
