import Documents
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct RateScheduleTests {
  private static let cases = try! JSON.read(Places.sample("training/schedules.json")).array!

  @Test(arguments: cases.indices) func followsTheLibraries(index: Int) throws {
    let golden = Self.cases[index]
    let schedule = try RateSchedule(golden["text"]!.string!)
    let clock = RunClock(
      steps: golden["steps"]!.integer!, stepsPerEpoch: golden["stepsPerEpoch"]!.integer!)
    for (step, rate) in golden["rates"]!.array!.enumerated() {
      #expect(abs(schedule.rate(at: step, of: clock) - rate.number!) < 1e-12, "step \(step)")
    }
  }

  private let clock = RunClock(steps: 100, stepsPerEpoch: 10)

  @Test func cyclesHaveTheirPeriods() throws {
    // As published for 30 epochs: two at first, then four at a time.
    let schedule = try RateSchedule("cyclic period=4e first=2e end=0.1")
    func rate(_ step: Int) -> Double { schedule.rate(at: step, of: clock, peak: 5e-5) }
    #expect(rate(0) == 5e-5)
    #expect(abs(rate(10) - 2.75e-5) < 1e-12)
    #expect(rate(19) < rate(10))
    for start in [20, 60] {
      #expect(rate(start) == 5e-5)
      #expect(abs(rate(start + 20) - 2.75e-5) < 1e-12)
      #expect(abs(rate(start + 39) - (5e-5 * (1 - 0.9 * 39 / 40))) < 1e-12)
    }
  }

  @Test func rewindsBeginAnew() throws {
    // As published for ten epochs: eight of them down to three eighths, then once more.
    let schedule = try RateSchedule("linear end=0.375 rewinds=8e")
    #expect(schedule.rate(at: 0, of: clock) == 1)
    #expect(abs(schedule.rate(at: 40, of: clock) - 0.6875) < 1e-12)
    #expect(schedule.rate(at: 80, of: clock) == 1)
    #expect(abs(schedule.rate(at: 90, of: clock) - 0.6875) < 1e-12)
    let late = try RateSchedule("cosine warmup=10 rewinds=5,50%")
    #expect(late.rate(at: 5, of: clock) == 0.5)
    #expect(late.rate(at: 10, of: clock) == 1)
    #expect(abs(late.rate(at: 30, of: clock) - 0.5) < 1e-12)
    #expect(late.rate(at: 50, of: clock) == 1)
  }

  @Test func peaksOfRestartsSink() throws {
    let schedule = try RateSchedule("cosine restarts=1e mult=2 high=0.9 end=0.01")
    #expect(schedule.rate(at: 10, of: clock) == 0.9)
    #expect(abs(schedule.rate(at: 30, of: clock) - 0.81) < 1e-12)
    #expect(abs(schedule.rate(at: 50, of: clock) - 0.41) < 1e-12)
    let even = try RateSchedule("cosine restarts=10 high=0.5")
    #expect(abs(even.rate(at: 20, of: clock) - 0.25) < 1e-12)
  }

  @Test(arguments: [
    "constant", "linear", "linear end=0.375 rewinds=8e", "cosine end=0.1 warmup=100",
    "cosine cycles=3", "cosine restarts=50e mult=2 high=0.97", "cyclic period=4e first=2e end=0.1",
    "linear warmup=0.06", "constant warmup=100%",
  ]) func textIsItsOwnDescription(text: String) throws {
    let schedule = try RateSchedule(text)
    #expect(try RateSchedule("\(schedule)") == schedule)
    #expect("\(schedule)" == text)
  }

  @Test(arguments: [
    ("", "a schedule's name is expected, but the text is empty"),
    ("triangle", "there is no schedule 'triangle'; known are constant, linear, cosine, cyclic"),
    ("linear fast", "a setting KEY=VALUE is expected, but 'fast' is found"),
    ("linear end=1 end=1", "'end' is set twice"),
    ("linear slope=1", "the schedule linear has no setting 'slope'; it has end, warmup, rewinds"),
    ("linear end=2", "end should be a number from 0 to 1, but is '2'"),
    ("linear end=nan", "end should be a number from 0 to 1, but is 'nan'"),
    (
      "linear warmup=2.5",
      "a length such as 500 (steps), 2e (epochs) or 10% (of the run) is expected, but '2.5' is found"
    ),
    (
      "linear warmup=-1",
      "a length such as 500 (steps), 2e (epochs) or 10% (of the run) is expected, but '-1' is found"
    ),
    ("cyclic end=0", "cyclic needs period=…"),
    ("cosine mult=2", "a cosine with mult needs restarts=…"),
    ("cosine cycles=2 restarts=4", "cycles and restarts exclude each other"),
    ("cosine cycles=0", "cycles should be a whole number from 1 to 1000000, but is '0'"),
  ]) func saysWhatIsWrong(text: String, message: String) throws {
    let failure = try #require(throws: Failure.self) { try RateSchedule(text) }
    #expect("\(failure)" == message)
    #expect(failure.reason.outcome == .usage)
  }

  @Test func noTextTraps() {
    var generator = SeededGenerator(seed: 5)
    let parts = [
      "cosine", "cyclic", "linear", "=", " ", "restarts", "mult", "1e", "99999999999999999999", "%",
      "0", ".", "period", ",", "rewinds", "warmup", "e", "1000", "\u{0}", "é",
    ]
    let extremes = [
      RunClock(steps: 0, stepsPerEpoch: 0), RunClock(steps: 1 << 40, stepsPerEpoch: 1 << 30),
    ]
    for _ in 0..<3000 {
      let text = (0..<Int.random(in: 1...9, using: &generator)).map { _ in
        parts.randomElement(using: &generator)!
      }.joined()
      guard let schedule = try? RateSchedule(text) else { continue }
      for clock in extremes {
        for step in [0, 1, 1000] {
          let rate = schedule.rate(at: step, of: clock)
          #expect(rate >= 0 && rate <= 1, "\(text)")
        }
      }
    }
  }
}
