import Documents
import TestSupport
import Testing

@testable import Tasks

/// Against scikit-learn and SciPy.
@Suite struct ClassMetricTests {
  @Test func wilsonIntervals() throws {
    for golden in try goldens("classes", "proportions") {
      let successes = try #require(golden["successes"]?.integer)
      let examples = try #require(golden["examples"]?.integer)
      let estimate = Estimate.proportion(successes: successes, examples: examples)
      let expected = try #require(golden["interval"]?.numbers)
      #expect(estimate.value == Double(successes) / Double(examples))
      #expect(isNear(estimate.interval.lowerBound, expected[0]))
      #expect(isNear(estimate.interval.upperBound, expected[1]))
      #expect(estimate.interval.contains(estimate.value))
      #expect(estimate.examples == examples)
    }
    #expect(Estimate.proportion(successes: 0, examples: 0).interval == 0...1)
  }

  @Test func values() throws {
    for golden in try goldens("classes") {
      let gold = try #require(golden["gold"]?.integers)
      let predicted = try #require(golden["predicted"]?.integers)
      for (name, value) in try #require(golden["values"]?.members) {
        let metric = try #require(Metric(rawValue: name))
        let estimate = metric.estimate(gold: gold, predicted: predicted)
        let expected = try #require(value.number)
        #expect(isNear(estimate.value, expected), "\(name) \(estimate.value) \(expected)")
        #expect(estimate.examples == gold.count)
      }
    }
  }

  @Test func intervals() throws {
    var compared = 0
    for golden in try goldens("classes") {
      for (name, bounds) in golden["intervals"]?.members ?? [] {
        let metric = try #require(Metric(rawValue: name))
        let estimate = metric.estimate(
          gold: try #require(golden["gold"]?.integers),
          predicted: try #require(golden["predicted"]?.integers))
        #expect(isNear(estimate.interval, bounds.numbers), "\(name) \(estimate) \(bounds.numbers)")
        #expect(estimate.interval.contains(estimate.value))
        compared += 1
      }
    }
    #expect(compared == 3)
  }

  @Test func theSameEveryTime() {
    let gold = (0..<300).map { $0 % 3 }
    let predicted = (0..<300).map { $0 * $0 % 3 }
    #expect(
      Estimate.macroF1(gold: gold, predicted: predicted)
        == Estimate.macroF1(gold: gold, predicted: predicted))
    let few = Estimate.macroF1(gold: Array(gold.prefix(30)), predicted: Array(predicted.prefix(30)))
    let many = Estimate.macroF1(gold: gold, predicted: predicted)
    let width = { (estimate: Estimate) in
      estimate.interval.upperBound - estimate.interval.lowerBound
    }
    #expect(width(few) > 2 * width(many))
  }

  @Test func nothingAtAll() {
    for metric in Task.Kind.classification.metrics {
      #expect(metric.estimate(gold: [Int](), predicted: []).value == 0)
    }
  }

  @Test func agreement() {
    let estimate = Estimate.agreement([1, 2, 3, 1], [1, 2, 1, 1])
    #expect(estimate.value == 0.75)
    #expect(estimate == .proportion(successes: 3, examples: 4))
  }

  @Test func accuracyOfWords() {
    let gold = [["NN", "VB"], ["NN"], ["DT", "NN", "VB"]]
    let predicted = [["NN", "NN"], ["NN"], ["DT", "NN", "DT"]]
    let estimate = Estimate.accuracy(gold: gold, predicted: predicted)
    #expect(isNear(estimate.value, 4.0 / 6))
    #expect(estimate.interval == 0.5...1)
    #expect(estimate.examples == 3)
  }
}
