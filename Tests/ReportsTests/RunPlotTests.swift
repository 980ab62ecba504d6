import Documents
import Foundation
import FoundationXML
import Testing

@testable import Reports

@Suite struct RunPlotTests {
  /// A loss of 1 / √step with noise about it, evaluations every hundredth step of which the third is the best.
  private func history(_ steps: Int, noise: Double = 0.1) -> RunHistory {
    let points = (1...steps).map { step in
      let swing = step % 2 == 0 ? 1 + noise : 1 - noise
      return RunHistory.Point(
        step: step, loss: swing / Double(step).squareRoot(),
        rate: 5e-5 * Double(steps - step + 1) / Double(steps), examplesPerSecond: 70 + Double(step))
    }
    let evaluations = stride(from: 100, through: steps, by: 100).map { step in
      RunHistory.Evaluation(
        step: step, value: 0.9 - 0.0001 * (Double(step) - 300).magnitude, isBest: step <= 300)
    }
    return RunHistory(
      "stage 1 of 2, train", points: points, evaluations: evaluations, metric: "accuracy",
      epochs: 2, seconds: 12.5)
  }

  private func source(_ history: RunHistory) throws -> String {
    try #require(RunPlot(history: history).figure).html.source
  }

  @Test func factsAreThoseOfTheSteps() throws {
    let history = history(400, noise: 0)
    let losses = try #require(history.losses)
    let expected = [1...20, 381...400].map { steps in
      steps.reduce(0.0) { $0 + 1 / Double($1).squareRoot() } / 20
    }
    #expect((losses.first - expected[0]).magnitude < 1e-12)
    #expect((losses.last - expected[1]).magnitude < 1e-12)
    #expect(history.kept?.step == 300 && history.kept?.value == 0.9)
    #expect(history.steps == 400 && history.examplesPerSecond == 470)
    #expect(history.json["loss"]?["last"]?.number == losses.last)
    #expect(history.json["best"]?["step"] == 300 && history.json["evaluations"] == 4)
    let table = [history].table.lines().joined(separator: "\n")
    for cell in ["stage 1 of 2, train", "12.5", "470.0", "→ 0.05", "0.9000", "accuracy", "300"] {
      #expect(table.contains(cell), "\(cell)")
    }
  }

  @Test func curvesAreMeansOfNeighbours() {
    let few = Curve((1...400).map { ($0, Double($0)) })
    #expect(few.binSize == 1 && few.points.count == 400)
    let many = Curve((1...100_001).map { ($0, Double($0 % 2)) })
    #expect(many.binSize == 251 && many.points.count == 399)
    #expect(many.values.allSatisfy { ($0 - 0.5).magnitude < 0.01 })
    #expect((many.points[0].step - 126).magnitude < 1e-9)
    // A running mean leaves a straight line as it is, but for its ends, and takes noise away.
    let smooth = few.smoothed
    #expect(smooth.points[200].value == 201 && smooth.points.count == 400)
    let noisy = Curve((1...400).map { ($0, Double($0 % 2)) }).smoothed
    #expect(noisy.values.allSatisfy { ($0 - 0.5).magnitude < 0.06 })
    #expect(Curve([(1, 1.7e308), (2, 1.7e308)]).smoothed.values.allSatisfy { $0.isFinite })
    #expect(Curve([]).smoothed.points.isEmpty)
  }

  @Test func aLossOverOrdersOfMagnitudeHasALogarithmicAxis() {
    let wide = Axis(telling: [8, 1, 0.1, 0.002], trend: [8, 0.01])
    #expect(wide.isLogarithmic && wide.lower == 0.002 && wide.upper == 10)
    #expect(wide.labels() == ["0.01", "0.1", "1", "10"])
    #expect((wide.place(0.1) - log10(0.1 / 0.002) / log10(10 / 0.002)).magnitude < 1e-12)
    #expect(wide.place(0) == 0 && wide.place(-1) == 0 && wide.place(1e9) == 1)
    #expect(!Axis(telling: [0.7, 0.001], trend: [0.7, 0.2]).isLogarithmic)
    #expect(!Axis(telling: [8, 0.0], trend: [8, 0.01]).isLogarithmic)
    #expect(Axis(telling: [8, 7], trend: [8, 7]).lower > 0)
    #expect(Axis(telling: [0.7, 0.1], trend: [0.7, 0.1]).lower == 0)
  }

  @Test(arguments: [
    [], [0], [-1, 5], [5, 5], [.leastNonzeroMagnitude, 1e300], [1e300, 1e-300, 3], [1e300, -1e300],
    [0.9, 0.9.nextUp], [1e300, 1e300.nextDown], [1e-300, 1], [.leastNonzeroMagnitude],
  ])
  func strangeLossesHaveAnAxis(_ values: [Double]) {
    let axis = Axis(telling: values, trend: values)
    #expect(axis.upper > axis.lower && (1...21).contains(axis.ticks.count))
    #expect(axis.ticks.allSatisfy { $0.isFinite })
    for value in values + [0, -1, .nan] { #expect((0...1).contains(axis.place(value))) }
    #expect(axis.labels().count == axis.ticks.count)
  }

  @Test func ticksAreShort() {
    for (value, text) in [
      (0.05, "0.05"), (1000, "1000"), (5e-5, "5e-5"), (2.5e-5, "2.5e-5"), (0, "0"), (1e-7, "1e-7"),
      (1e6, "1e6"), (0.001, "0.001"), (1e300, "1e300"), (-0.5, "-0.5"),
    ] { #expect(tickText(value) == text) }
  }

  @Test func theFigureShowsWhatThereIs() throws {
    let whole = try source(history(800))
    for text in [
      ">accuracy<", ">loss", ">learning rate<", "0.9000, kept", "5e-5", ">steps<", ">800<",
      "means of 2 steps", "After 300 steps accuracy was best",
    ] { #expect(whole.contains(text), "\(text)") }
    #expect(whole.components(separatedBy: "<path").count == 5)
    #expect(whole.components(separatedBy: "class=\"ring attention\"").count == 9)
    var bare = history(800)
    bare.evaluations = []
    for index in bare.points.indices { bare.points[index].rate = nil }
    let less = try source(bare)
    #expect(less.components(separatedBy: "<path").count == 3 && !less.contains("kept"))
    #expect(RunPlot(history: RunHistory("none")).figure == nil)
    #expect(RunPlot(history: history(1)).figure == nil)
  }

  @Test func longRunsHaveSmallPages() throws {
    #expect(try source(history(100_000)).utf8.count < 60_000)
  }

  @Test func strangeRunsAreWellFormed() throws {
    let number = [
      nil, 0, -1, 1e300, -1e300, .leastNonzeroMagnitude, 0.9, 0.9.nextUp, .infinity, .nan,
    ]
    for (step, value) in number.enumerated() {
      for other in number {
        var history = RunHistory("<x>&\"\u{1B}\u{202E}", metric: "<m>\u{1B}")
        for (offset, number) in [value, other, value].enumerated() {
          let place = step * offset * (Int.max / 20)
          history.points.append(.init(step: place, loss: number, rate: number))
          history.evaluations.append(.init(step: place, value: number, isBest: true))
        }
        guard let figure = RunPlot(history: history).figure else { continue }
        let source = figure.html.source
        #expect(XMLParser(data: Data(source.utf8)).parse())
        for word in ["nan", "inf", "\u{1B}", "\u{202E}", "<x>", "<m>"] {
          #expect(!source.contains(word), "\(word) of \(String(describing: (value, other)))")
        }
      }
    }
  }
}
