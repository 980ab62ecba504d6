import Tensors
import Testing

@testable import Training

@Suite struct LossWatchTests {
  @Test func smoothsAsAMeanThatForgets() throws {
    var watch = LossWatch()
    #expect(watch.smoothed == nil)
    try watch.add(2, step: 1)
    #expect(abs(watch.smoothed! - 2) < 1e-12)
    try watch.add(1, step: 2)
    #expect(abs(watch.smoothed! - (0.9 * 2 + 1) / 1.9) < 1e-12)
  }

  @Test(arguments: [Double.nan, .infinity]) func stopsWhereTheLossIsNoNumber(bad: Double) throws {
    var watch = LossWatch()
    try watch.add(1, step: 1)
    let failure = try #require(throws: Failure.self) { try watch.add(bad, step: 1234) }
    #expect("\(failure)" == "the loss is infinite or not a number at step 1,234")
    #expect(failure.reason.outcome == .checkFailed && failure.reason.hint != nil)
  }

  @Test func stopsWhereTheLossExplodes() throws {
    var watch = LossWatch()
    for step in 1...50 { try watch.add(0.7, step: step) }
    // One bad batch is none.
    try watch.add(60, step: 51)
    for step in 52...100 { try watch.add(0.7, step: step) }
    var stopped = 0
    do {
      for step in 101...200 {
        stopped = step
        try watch.add(40, step: step)
      }
    } catch let failure as Failure {
      #expect("\(failure)".hasPrefix("the loss exploded: it is 1"))
      #expect("\(failure)".hasSuffix("at step \(stopped), and began at 0.7000"))
    }
    #expect(stopped == 103)
  }

  @Test func aCompressionIsANewBeginning() throws {
    var watch = LossWatch()
    for step in 1...50 { try watch.add(0.001, step: step) }
    // Ten thousand times as much, but no more than a fresh model has.
    for step in 51...100 { try watch.add(9, step: step) }
    watch.begin()
    for step in 101...130 { try watch.add(90, step: step) }
    for step in 131...160 { try watch.add(120, step: step) }
  }

  @Test func aLossThatRisesFromTheFirstStepsIsHeldAgainstThem() throws {
    var watch = LossWatch()
    #expect(throws: Failure.self) {
      for step in 1...100 { try watch.add(Double(step * step), step: step) }
    }
  }
}

@Suite struct BestSoFarTests {
  /// Which of some values was the best when it came.
  private func improvements(_ best: inout BestSoFar, _ values: [Double]) -> [Bool] {
    values.enumerated().map { best.add($0.element, step: $0.offset) }
  }

  @Test func findsTheFirstOfTheBest() {
    var best = BestSoFar(patience: 2)
    #expect(improvements(&best, [0.5, 0.5]) == [true, false])
    #expect(!best.shouldStop)
    #expect(improvements(&best, [.nan]) == [false])
    #expect(best.shouldStop)
    #expect(improvements(&best, [0.6, 0.7]) == [true, true])
    #expect(best.value == 0.7 && best.step == 1 && !best.shouldStop)
    best.begin()
    #expect(best.value == nil && best.patience == 2)
    #expect(improvements(&best, [-1]) == [true])
  }

  @Test func goesOnForeverWithoutPatience() {
    var best = BestSoFar()
    let found = improvements(&best, [1] + [Double](repeating: 0, count: 100))
    #expect(found.count { $0 } == 1 && !best.shouldStop)
  }
}

@Suite struct RunProgressTests {
  @Test func saysHowFarItIs() {
    var progress = RunProgress(steps: 6315, epochs: 3, step: 1000, now: 50)
    #expect(progress.line(now: 50) == "epoch 1/3  step 1,000/6,315")
    #expect(progress.secondsLeft(now: 60) == nil)
    for step in 1001...1234 { progress.add(examples: 32, loss: 0.21337, step: step, epoch: 1) }
    // 234 steps of 32 examples in 117 seconds: two steps a second.
    #expect(
      progress.line(now: 167)
        == "epoch 1/3  step 1,234/6,315  loss 0.2134  64 examples/s  42 min 21 s left")
    progress.stage = "distil"
    #expect(progress.line(now: 167).hasPrefix("distil  epoch 1/3"))
  }

  @Test func timesAreReadable() {
    #expect(durationText(0.4) == "0 s")
    #expect(durationText(59.6) == "1 min 0 s")
    #expect(durationText(7500) == "2 h 5 min")
    #expect(durationText(.infinity) == "very long" && durationText(-3) == "0 s")
  }
}
