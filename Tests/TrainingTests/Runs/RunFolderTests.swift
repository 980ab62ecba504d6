import Checkpoints
import Documents
import Formats
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct RunFolderTests {
  private let folder = try! TemporaryFolder()
  private var path: String { folder.path + "/run" }

  private func open(resumes: Bool = false) throws -> RunFolder {
    try RunFolder(path, format: SafetensorsFormat(), resumes: resumes, threads: 2)
  }

  /// What lies in the run's folder.
  private func files() throws -> [String] { try folder.names("run").filter { $0 != ".lock" } }

  private func optimizer(
    _ rule: any UpdateRule = AdamW(), masked: Bool = true, threads: Int = 1
  ) throws -> Optimizer {
    let parameters = [
      try parameter(.embedding(.word), rows: 60, columns: 19, form: .rows, seed: 1),
      try parameter(.layer(0, .query), rows: 24, columns: 33, seed: 2),
      try parameter(.layer(0, .query), rows: 1, columns: 24, seed: 3, kind: .bias),
    ]
    if masked {
      parameters[1].mask = try FloatBuffer((0..<(24 * 33)).map { $0 % 3 == 0 ? 0 : 1 })
    }
    return try Optimizer(rule, for: parameters, threads: threads)
  }

  /// What a trainer does: batches by a plan, a schedule, accumulation over nothing, an evaluation now and then.
  private func run(
    _ optimizer: Optimizer, _ state: inout RunState, through last: Int, in folder: RunFolder? = nil
  ) throws {
    let plan = BatchPlan(lengths: (0..<58).map { 3 + $0 % 7 }, size: 8, seed: state.seed)
    let schedule = try RateSchedule("linear warmup=5 rewinds=3e")
    let clock = RunClock(steps: 40, stepsPerEpoch: 8)
    while state.step < last {
      let batches = plan.batches(epoch: state.epoch)
      while state.batch < batches.count, state.step < last {
        let batch = batches[state.batch]
        let table = optimizer.parameters[0]
        optimizer.settle(batch.map(Int32.init), of: table.id)
        // The gradient depends on the weights, as a model's does.
        table.setGradient(
          Dictionary(
            uniqueKeysWithValues: batch.map { row in
              (row, table.numbers[(row * 19)..<(row * 19 + 19)].map { $0 * 2 + 0.1 })
            }))
        for parameter in optimizer.parameters.dropFirst() {
          let noise = randomFloats(parameter.count, seed: UInt64(state.step))
          parameter.setGradient(zip(parameter.numbers, noise).map { $0 + $1 })
        }
        let rate = schedule.rate(at: state.step, of: clock, peak: 0.05)
        let norm = try optimizer.step(rate: rate, clipping: .global(1))
        state.step += 1
        state.batch += 1
        try state.loss.add(norm, step: state.step)
      }
      if state.batch == batches.count { (state.epoch, state.batch) = (state.epoch + 1, 0) }
    }
  }

  @Test(arguments: [7, 8, 20, 31]) func aResumedRunIsTheUninterruptedOneBitForBit(stop: Int) throws
  {
    let rules: [any UpdateRule] = [AdamW(), Adam(), SGD()]
    for rule in rules {
      let whole = try optimizer(rule)
      var state = RunState(fingerprint: "f", seed: 11)
      try run(whole, &state, through: 40)

      let first = try optimizer(rule)
      var early = RunState(fingerprint: "f", seed: 11)
      try run(first, &early, through: stop)
      try open().save(early, first)
      // What the killed run did after its last state is lost.
      try run(first, &early, through: stop + 3)

      let folder = try open(resumes: true)
      let second = try optimizer(rule, masked: false, threads: 2)
      for parameter in second.parameters { parameter.values.fill(with: 0.5) }
      var resumed = try folder.state(fingerprint: "f")
      #expect(resumed.step == stop)
      try folder.restore(second)
      try run(second, &resumed, through: 40)
      #expect(resumed == state)
      try whole.flush()
      try second.flush()
      #expect(second.parameters.map(\.numbers) == whole.parameters.map(\.numbers))
      #expect(second.steps == whole.steps)
      for parameter in whole.parameters {
        let (old, new) = (whole.moments[parameter.id]!, second.moments[parameter.id]!)
        #expect(old.buffers.map(\.array) == new.buffers.map(\.array))
      }
      folder.remove()
      #expect(!exists(path))
    }
  }

  @Test func savingChangesNothing() throws {
    let (one, other) = (try optimizer(), try optimizer())
    let folder = try open()
    var first = RunState(fingerprint: "f", seed: 2)
    var second = first
    for stop in stride(from: 2, through: 20, by: 3) {
      try run(one, &first, through: stop)
      try run(other, &second, through: stop)
      try folder.save(first, one)
    }
    try one.flush()
    try other.flush()
    #expect(one.parameters.map(\.numbers) == other.parameters.map(\.numbers))
  }

  @Test func everythingOfAStateComesBack() throws {
    let optimizer = try optimizer()
    var state = RunState(fingerprint: "abc", seed: .max)
    try run(optimizer, &state, through: 3)
    (state.stage, state.seconds, state.notes) = (
      2, 12.345678, ["scores": [1, .number(2.5)], "name": "é"]
    )
    _ = state.best.add(0.25, step: 2)
    state.best.patience = 4
    let extra = try FloatBuffer([1, 2, .nan, 4])
    let folder = try open()
    state.bestFile = try folder.saveBest(optimizer, step: 2)
    try folder.save(state, optimizer, extra: ["importance": extra])
    #expect(try folder.state(fingerprint: "abc") == state)
    let back = try FloatBuffer(count: 4)
    try folder.restore(optimizer, extra: ["importance": back])
    #expect(back.array.map(\.bitPattern) == extra.array.map(\.bitPattern))
    let short = try FloatBuffer(count: 3)
    #expect(throws: Failure.self) { try folder.restore(optimizer, extra: ["importance": short]) }
    #expect(throws: Failure.self) { try folder.restore(optimizer, extra: ["other": short]) }
  }

  @Test func theBestParametersStayWithTheStateThatNamesThem() throws {
    let optimizer = try optimizer()
    let folder = try open()
    var state = RunState(fingerprint: "f", seed: 1)
    try run(optimizer, &state, through: 3)
    state.bestFile = try folder.saveBest(optimizer, step: 3)
    try folder.save(state, optimizer)
    let best = optimizer.parameters.map(\.numbers)
    let saved = state
    try run(optimizer, &state, through: 9)
    // Killed here, the state would still find its own.
    state.bestFile = try folder.saveBest(optimizer, step: 9)
    #expect(try files() == ["best-3.safetensors", "best-9.safetensors", "state.safetensors"])
    try folder.restoreBest(saved, optimizer)
    try optimizer.flush()
    #expect(optimizer.parameters.map(\.numbers) == best)
    try folder.save(state, optimizer)
    #expect(try files() == ["best-9.safetensors", "state.safetensors"])
  }

  @Test func refusesWhatIsNotItsOwn() throws {
    let failure = try #require(throws: Failure.self) { try open(resumes: true) }
    #expect("\(failure)" == "\(path): there is no unfinished run to take up")
    let optimizer = try optimizer()
    var state = RunState(fingerprint: "f", seed: 1)
    try run(optimizer, &state, through: 2)
    var folder: RunFolder? = try open()
    try folder?.save(state, optimizer)
    let busy = try #require(throws: Failure.self) { try open(resumes: true) }
    #expect("\(busy)" == "\(path): another run is at work on it")
    let other = try #require(throws: Failure.self) { try folder?.state(fingerprint: "g") }
    #expect(
      "\(other)".hasSuffix("the state of another run: the model, the data or the options differ"))
    let larger = try Optimizer(
      AdamW(),
      for: [try parameter(.layer(0, .query), rows: 24, columns: 34, seed: 2)], threads: 1)
    let shape = try #require(throws: Failure.self) { try folder?.restore(larger) }
    #expect("\(shape)".hasSuffix("has the shape [24, 33], expected [24, 34]"))
    let unknown = try Optimizer(
      AdamW(), for: [try parameter(.pooler, rows: 24, columns: 34, seed: 2)], threads: 1)
    let missing = try #require(throws: Failure.self) { try folder?.restore(unknown) }
    #expect("\(missing)".hasSuffix("is no state of this run: it lacks 'parameter/pooler.weight'"))
    folder = nil
    folder = try open()
    #expect(try files() == [])
    _ = folder
  }

  @Test func damagedStatesAreRefusedNotTrappedOn() throws {
    let optimizer = try optimizer()
    var state = RunState(fingerprint: "f", seed: 1)
    try run(optimizer, &state, through: 3)
    var folder: RunFolder? = try open()
    try folder?.save(state, optimizer)
    folder = nil
    let whole = try bytes(of: path + "/state.safetensors")
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    var refused = 0
    for number in 0..<300 {
      let damaged =
        number < 60
        ? Array(whole.prefix(whole.count * number / 60))
        : mutated(whole, using: &generator)
      _ = try self.folder.file("run/state.safetensors", damaged)
      let folder = try open(resumes: true)
      do {
        _ = try folder.state(fingerprint: "f")
        try folder.restore(optimizer)
      } catch is Failure {
        refused += 1
      } catch {
        Issue.record("seed \(seed): \(error)")
      }
    }
    #expect(refused >= 60, "seed \(seed)")
  }

  @Test func factsThatContradictThemselvesAreRefused() throws {
    let good = RunState(fingerprint: "f", seed: 1).json
    #expect(try RunState(good) == RunState(fingerprint: "f", seed: 1))
    for (key, value) in [
      ("schema", "pare.run/2"), ("step", -1), ("epoch", "1"), ("batch", nil), ("seed", "xyz"),
      ("seconds", -1), ("best", nil), ("loss", [:]), ("bestFile", "../../etc/passwd"),
      ("bestFile", "best-07.safetensors"),
    ] as [(String, JSON)] {
      let members = good.members!.map { $0.key == key ? (key: key, value: value) : $0 }
      #expect(throws: Failure.self, "\(key)") { try RunState(.object(members)) }
    }
  }
}
