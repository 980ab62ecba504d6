import Tensors
import TestSupport
import Testing

@testable import Recipes

@Suite struct BudgetAllocationTests {
  private typealias Point = BudgetAllocation.Point

  /// Ways to hold a few tensors, some of them of no use to anyone.
  private func tensors(seed: UInt64) -> [[Point]] {
    var generator = SeededGenerator(seed: seed)
    return (0..<4).map { _ in
      (0..<6).map { _ in
        Point(
          cost: Int.random(in: 1...60, using: &generator),
          loss: Double(Int.random(in: 0...100, using: &generator)))
      }
    }
  }

  /// The least loss that any mix has within a budget; nil where none fits.
  private func best(_ tensors: [[Point]], within budget: Int) -> Double? {
    var least: Double?
    for code in 0..<(6 * 6 * 6 * 6) {
      let chosen = [code % 6, code / 6 % 6, code / 36 % 6, code / 216].enumerated().map {
        tensors[$0][$1]
      }
      guard chosen.reduce(0, { $0 + $1.cost }) <= budget else { continue }
      least = min(least ?? .infinity, chosen.reduce(0) { $0 + $1.loss })
    }
    return least
  }

  /// Never more than the budget, nothing where nothing fits, and near to the best of all mixes.
  @Test func mixesAreNearlyTheBest() throws {
    var (found, wanted) = (0.0, 0.0)
    for seed in 0..<40 as Range<UInt64> {
      let tensors = tensors(seed: seed)
      let allocation = BudgetAllocation(tensors)
      for budget in stride(from: 4, through: 240, by: 12) {
        let best = best(tensors, within: budget)
        let choice = allocation.choice(within: budget)
        #expect((choice == nil) == (best == nil), "seed \(seed), budget \(budget)")
        guard let best, let choice else { continue }
        let points = zip(tensors, choice).map { $0[$1] }
        #expect(points.reduce(0) { $0 + $1.cost } <= budget)
        let loss = points.reduce(0) { $0 + $1.loss }
        #expect(loss >= best)
        found += loss
        wanted += best
      }
      #expect(allocation.choice(within: allocation.leastCost - 1) == nil)
      #expect(allocation.choice(within: allocation.leastCost) != nil)
    }
    #expect(found <= 1.1 * wanted, "\(found) against \(wanted)")
  }

  /// Points between which others are better, or that are dominated, are on no hull.
  @Test func hullsAreConvex() {
    let points = [(10, 9.0), (20, 5), (30, 4.9), (40, 1), (50, 1), (60, 0.5), (5, 20), (12, 30)]
      .map { Point(cost: $0.0, loss: $0.1) }
    #expect(
      BudgetAllocation.lowerHull(points).map { points[$0].cost } == [5, 10, 20, 40, 60])
  }

  /// Steps are what they are written as.
  @Test func stepsHaveFourDigits() {
    for step in [0.0123456, 0.1, 0.123449, 1.99996, 15.999] {
      let rounded = Treatment.rounded(step)
      #expect(abs(rounded / step - 1) < 1e-3)
      #expect("\(rounded)".filter(\.isNumber).drop { $0 == "0" }.count <= 5)
      #expect(Treatment.rounded(rounded) == rounded)
    }
    let treatment = Treatment(
      .steps, 1, step: 1, [.init("quantize", [("method", "step"), ("step", "1.0")])])
    let scaled = treatment.scaled(by: 0.75)
    #expect(scaled.step == 0.75 && scaled.text == "quantize method=step step=0.75")
    #expect(treatment.scaled(by: 1e9).step == 16 && treatment.scaled(by: 1e-9).step == 0.01)
  }

  /// What is timed needs no statistics; what is damped otherwise is the same but for that.
  @Test func treatmentsAreVaried() {
    let treatment = Treatment(
      .patterned, 0.5,
      [
        .init(
          "prune",
          [
            ("method", "sparsegpt"), ("sparsity", "0.5"), ("pattern", "4x1"),
            ("statistics", "x"), ("repair", "bias"), ("damping", "1"),
          ])
      ])
    #expect(treatment.uncalibrated.signature == "prune sparsity=0.5 pattern=4x1")
    #expect(
      treatment.damped(by: "0.03").signature
        == "prune method=sparsegpt sparsity=0.5 pattern=4x1 repair=bias damping=0.03")
    #expect(treatment.damped(by: "0.03").uncalibrated == treatment.uncalibrated)
  }

  /// A law that two points are on is found again; what is not measured costs nothing.
  @Test func lossesFollowALaw() {
    let model = LossModel([(0.01, 0.002), (0.04, 0.008)])
    #expect(abs(model.loss(error: 0.02) / 0.004 - 1) < 1e-9)
    let bent = LossModel([(0.01, 0.002), (0.16, 0.032 * 2)])
    #expect(abs(bent.loss(error: 0.04) / (0.008 * 2.0.squareRoot()) - 1) < 1e-9)
    #expect(LossModel([]).loss(error: 1) == 0 && model.loss(error: 0) == 0)
  }

  @Test(arguments: [
    ("8MB", 8_000_000), ("750kB", 750_000), ("2.5MiB", 2_621_440), ("1000", 1000),
    ("1.5 mb", 1_500_000),
  ])
  func sizes(_ text: String, _ bytes: Int) throws { #expect(try ByteSize(text).bytes == bytes) }

  @Test(arguments: ["", "MB", "8XB", "-3MB", "0", "1e400", "nan", "99999999GB"])
  func badSizes(_ text: String) { #expect(throws: Failure.self) { try ByteSize(text) } }
}
