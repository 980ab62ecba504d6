import TestSupport
import Testing

@testable import Training

@Suite struct BatchPlanTests {
  private let lengths: [Int32] = {
    var generator = SeededGenerator(seed: 1)
    return (0..<5003).map { _ in Int32.random(in: 3...64, using: &generator) }
  }()

  @Test func everyExampleIsReadOnceAnEpoch() {
    let batches = BatchPlan(lengths: lengths, size: 32, seed: 7).batches(epoch: 0)
    #expect(batches.flatMap { $0 }.sorted() == Array(lengths.indices))
    #expect(batches.count == (5003 + 31) / 32)
    #expect(batches.allSatisfy { (1...32).contains($0.count) })
  }

  @Test func examplesOfABatchAreOfLikeLength() {
    let batches = BatchPlan(lengths: lengths, size: 32, seed: 7).batches(epoch: 0)
    let padded = batches.reduce(0) { sum, batch in
      sum + batch.count * Int(batch.map { lengths[$0] }.max()!)
    }
    let tokens = lengths.reduce(0) { $0 + Int($1) }
    #expect(Double(padded) / Double(tokens) < 1.03)
    // And the order of batches is not that of lengths.
    let firsts = batches.prefix(20).map { lengths[$0[0]] }
    #expect(Set(firsts).count > 10 && firsts != firsts.sorted() && firsts != firsts.sorted(by: >))
  }

  @Test func dependsOnSeedAndEpochAlone() {
    func order(_ seed: UInt64, _ epoch: Int) -> [[Int]] {
      Array(BatchPlan(lengths: lengths, size: 16, seed: seed).batches(epoch: epoch))
    }
    #expect(order(1, 2) == order(1, 2))
    #expect(order(1, 2) != order(1, 3))
    #expect(order(1, 2) != order(2, 2))
    // Examples meet others in another epoch.
    #expect(Set(order(1, 2).map(Set.init)).isDisjoint(with: order(1, 3).map(Set.init)))
  }

  @Test func keepsWithinTokens() {
    let batches = BatchPlan(lengths: lengths, size: 32, tokenLimit: 300, seed: 7).batches(epoch: 1)
    #expect(batches.flatMap { $0 }.sorted() == Array(lengths.indices))
    #expect(batches.allSatisfy { $0.reduce(0) { $0 + Int(lengths[$1]) } <= 300 })
    let tiny = BatchPlan(lengths: lengths, size: 32, tokenLimit: 1, seed: 7).batches(epoch: 1)
    #expect(tiny.allSatisfy { $0.count == 1 })
    #expect(BatchPlan(lengths: [], size: 4, seed: 1).batches(epoch: 0).isEmpty)
  }

  @Test func numbersAreDrawnEvenly() {
    var generator = KeyedGenerator(1, 2, 3)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[generator.below(7)] += 1 }
    // Chi-squared with six degrees of freedom stays below 22.5 in 999 of 1000 cases.
    #expect(counts.reduce(0) { $0 + Double(($1 - 10_000) * ($1 - 10_000)) / 10_000 } < 22.5)
    var (other, same) = (KeyedGenerator(1, 3, 2), KeyedGenerator(1, 2, 3))
    #expect(other.next() != same.next())
    let units = (0..<1000).map { _ in generator.unit() }
    #expect(
      units.allSatisfy { (0..<1).contains($0) } && abs(units.reduce(0, +) / 1000 - 0.5) < 0.05)
  }
}
