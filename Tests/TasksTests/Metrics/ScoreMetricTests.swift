import Documents
import TestSupport
import Testing

@testable import Tasks

/// Against SciPy and scikit-learn.
@Suite struct ScoreMetricTests {
  @Test func values() throws {
    for golden in try goldens("scores") {
      let gold = try #require(golden["gold"]?.numbers)
      let predicted = try #require(golden["predicted"]?.numbers)
      for (name, value) in try #require(golden["values"]?.members) {
        let metric = try #require(Metric(rawValue: name))
        let estimate = metric.estimate(gold: gold, predicted: predicted)
        // The libraries say NaN where a correlation is undefined.
        #expect(
          isNear(estimate.value, value.number ?? 0, within: 1e-9), "\(name) \(estimate) \(value)")
      }
    }
  }

  @Test func intervals() throws {
    var compared = 0
    for golden in try goldens("scores") {
      for (name, bounds) in golden["intervals"]?.members ?? [] {
        let metric = try #require(Metric(rawValue: name))
        let estimate = metric.estimate(
          gold: try #require(golden["gold"]?.numbers),
          predicted: try #require(golden["predicted"]?.numbers))
        #expect(isNear(estimate.interval, bounds.numbers), "\(name) \(estimate) \(bounds.numbers)")
        compared += 1
      }
    }
    #expect(compared == 3)
  }

  @Test func scalesDoNotMatter() {
    let gold = (0..<100).map { Double($0 * $0 % 37) }
    let predicted = (0..<100).map { Double($0 * 7 % 41) }
    let plain = Estimate.pearson(gold: gold, predicted: predicted)
    let scaled = Estimate.pearson(gold: gold.map { $0 * 1e-9 + 5 }, predicted: predicted)
    #expect(isNear(plain.value, scaled.value, within: 1e-5))
    let curved = Estimate.spearman(gold: gold, predicted: predicted.map { $0 * $0 * $0 })
    #expect(curved == Estimate.spearman(gold: gold, predicted: predicted))
  }

  @Test func whatIsNoNumberTrapsNothing() {
    let gold = [1.0, 2, 3]
    for metric in Task.Kind.regression.metrics {
      #expect(metric.estimate(gold: gold, predicted: [1, .nan, 2]).value.isFinite)
      #expect(metric.estimate(gold: gold, predicted: [1, .infinity, 2]).value.isFinite)
      #expect(metric.estimate(gold: [Double](), predicted: []).value.isFinite)
      #expect(metric.estimate(gold: [1.0], predicted: [1.0]).value.isFinite)
    }
  }

  @Test func divergences() throws {
    for golden in try goldens("scores", "divergences") {
      let divergence = meanDivergence(
        of: try #require(golden["student"]?.floats), from: try #require(golden["teacher"]?.floats),
        classes: try #require(golden["classes"]?.integer))
      #expect(isNear(divergence, try #require(golden["divergence"]?.number)))
    }
    #expect(meanDivergence(of: [1, 2, 3, 4], from: [1, 2, 3, 4], classes: 2) == 0)
    #expect(meanDivergence(of: [], from: [], classes: 2) == 0)
  }
}
