import Tensors
import Testing

@testable import Training

@Suite struct GrowthScheduleTests {
  private let clock = RunClock(steps: 300, stepsPerEpoch: 10)

  @Test func cubicGrowthIsThePublishedOne() throws {
    // 30 epochs, pruned from epoch 2 to 26 every four, the first time by 70 %.
    let schedule = try GrowthSchedule("cubic from=0.7 to=0.9 start=2e end=26e every=4e")
    let found = schedule.applications(in: clock)
    #expect(found.map(\.step) == [20, 60, 100, 140, 180, 220, 260])
    let expected = (0...6).map { 0.9 - 0.2 * cube(1 - Double($0) / 6) }
    for (found, expected) in zip(found, expected) {
      #expect(abs(found.strength - expected) < 1e-12)
    }
    #expect(schedule.strength(at: 19, of: clock) == nil)
    #expect(schedule.strength(at: 20, of: clock) == 0.7)
    #expect(schedule.strength(at: 299, of: clock) == 0.9)
  }

  private func cube(_ x: Double) -> Double { x * x * x }

  @Test func linearAndConstant() throws {
    let linear = try GrowthSchedule("linear to=0.8 end=50% every=70")
    #expect(linear.applications(in: clock).map(\.step) == [0, 70, 140, 150])
    #expect(abs(linear.strength(at: 75, of: clock)! - 0.4) < 1e-12)
    let constant = try GrowthSchedule("constant to=0.5 start=1e")
    #expect(constant.applications(in: clock).map(\.step) == [10])
    #expect(constant.strength(at: 10, of: clock) == 0.5)
    #expect(constant.strength(at: 9, of: clock) == nil)
  }

  @Test func textIsItsOwnDescription() throws {
    for text in [
      "cubic to=0.9 from=0.7 start=2e end=26e every=4e", "linear to=0.5 every=10",
      "constant to=0.5 start=3",
    ] {
      #expect("\(try GrowthSchedule(text))" == text)
    }
  }

  @Test(arguments: [
    ("cubic", "cubic needs to=…"),
    ("square to=1", "there is no schedule 'square'; known are cubic, linear, constant"),
    ("cubic to=1.5", "to should be a number from 0 to 1, but is '1.5'"),
    ("constant to=1 every=3", "the schedule constant has no setting 'every'; it has to, start"),
  ]) func saysWhatIsWrong(text: String, message: String) throws {
    let failure = try #require(throws: Failure.self) { try GrowthSchedule(text) }
    #expect("\(failure)" == message)
  }

  @Test func hasToFitTheRun() throws {
    #expect(throws: Never.self) { try GrowthSchedule("cubic to=1 end=30e").check(clock) }
    for (text, message) in [
      ("cubic to=1 start=5e end=2e", "start=5e is not before end=2e"),
      ("cubic to=1 end=31e", "end=31e is not before the end of the run"),
      ("constant to=1 start=40e", "start=40e is not before the end of the run"),
    ] {
      let schedule = try GrowthSchedule(text)
      let failure = try #require(throws: Failure.self) { try schedule.check(clock) }
      #expect("\(failure)" == message)
    }
  }
}
