import Checkpoints
import Documents
import Tensors

/// Trains a model on examples, epoch after epoch, and keeps the parameters that did best on others.
///
/// What a run gives depends on the model, the examples and the settings alone: a run that is taken up from its folder ends with the same
/// bits as one that never stopped, on any number of threads.
package final class Trainer {
  package private(set) var model: TrainableModel
  private let examples: TrainingExamples
  private let objective: any Objective
  private let settings: TrainingSettings
  private let folder: RunFolder
  private let optimizer: Optimizer
  private let tape: Tape
  private let plan: BatchPlan
  private let clock: RunClock
  private var state: RunState
  private let compression: GradualCompression?
  private let store: (any StructureStore)?
  private let prepare: (TrainableModel) -> Void

  /// How good the model is as it would be written now; nil where nobody knows.
  package var evaluate: ((Checkpoint) throws -> (name: String, value: Double)?)?
  /// Whether the least value of an evaluation is the best, as of losses, and not the greatest.
  package var prefersLess = false
  /// Told after each step how far the run has got.
  package var observe: ((RunProgress) -> Void)?

  /// - Parameters:
  ///   - compression: what is done to the model on the way.
  ///   - store: keeps models whose structure has changed.
  ///   - fingerprint: of everything that the run depends on.
  ///   - resumes: takes up the run that the folder holds.
  ///   - prepare: says which parameters are frozen, of every model that the run comes to.
  /// - Throws: ``Failure`` if there is not enough memory, or the folder holds another run.
  package init(
    _ model: TrainableModel, on examples: TrainingExamples, for objective: any Objective,
    _ settings: TrainingSettings,
    compression: (passes: GradualCompression, store: any StructureStore)? = nil,
    in folder: RunFolder, fingerprint: String, resumes: Bool,
    prepare: @escaping (TrainableModel) -> Void = { _ in }
  ) throws {
    var state = RunState(fingerprint: fingerprint, seed: settings.seed)
    state.best = BestSoFar(patience: settings.patience)
    if resumes { state = try folder.state(fingerprint: fingerprint) }
    var model = model
    if let structure = state.structure, let store = compression?.store {
      model = try TrainableModel(try store.open(folder.path(ofStructure: structure)))
    }
    prepare(model)
    (self.model, self.state, self.prepare) = (model, state, prepare)
    (self.compression, store) = (compression?.passes, compression?.store)
    self.examples = examples
    self.objective = objective
    self.settings = settings
    self.folder = folder
    var rule = AdamW()
    rule.decay = settings.weightDecay
    optimizer = try Optimizer(
      rule, for: model.parameters + objective.parameters, threads: settings.threads)
    tape = try Tape(threads: settings.threads, seed: settings.seed)
    plan = BatchPlan(
      lengths: examples.sequences.lengths, size: settings.batchSize, seed: settings.seed)
    clock = plan.clock(settings)
    guard resumes else { return }
    try folder.restore(
      optimizer,
      others: { [compression = self.compression] stored in
        try compression?.restore(model, from: stored, before: state.step)
      })
  }

  /// Trains to the end, and leaves the best parameters in the model.
  ///
  /// - Returns: the best evaluation; nil where there was none.
  /// - Throws: ``Failure`` that says the step, if the loss is no number or explodes; the last state stays in the folder.
  package func run() throws -> (value: Double, step: Int)? {
    let log = try MetricsLog(folder.metricsPath, resumingAt: state.step > 0 ? state.step : nil)
    var progress = RunProgress(
      steps: clock.steps, epochs: settings.epochs, step: state.step, now: now())
    var kept = now()
    let before = state.seconds - kept
    if settings.countsBeginning, state.step == 0 {
      state.best.begin()
      try hold(log)
    }
    while state.epoch < settings.epochs, !state.best.shouldStop {
      let batches = plan.batches(epoch: state.epoch)
      while state.batch < batches.count, !state.best.shouldStop {
        try compress()
        let group = state.batch..<min(state.batch + settings.accumulation, batches.count)
        let step = try step(group.map { batches[$0] })
        state.batch = group.upperBound
        state.seconds = before + now()
        progress.add(
          examples: step.examples, loss: state.loss.smoothed, step: state.step,
          epoch: state.epoch + 1)
        observe?(progress)
        try log.write(record(step, progress))
        if isTimeToEvaluate(batches.count) { try hold(log) }
        if now() - kept >= settings.secondsBetweenStates {
          try save()
          kept = now()
        }
      }
      (state.epoch, state.batch) = (state.epoch + 1, 0)
    }
    if state.applications < compression?.applications.count ?? 0 {
      try compress()
      try hold(log)
    }
    try optimizer.flush()
    guard state.bestFile != nil, let value = state.best.value else { return nil }
    try folder.restoreBest(state, optimizer)
    return (prefersLess ? -value : value, state.best.step)
  }

  /// What a step was like.
  private struct Step {
    var loss: Double
    var rate: Double
    var gradientNorm: Double
    var examples: Int
  }

  /// Adds up the gradients of some batches, and changes the parameters.
  private func step(_ group: [[Int]]) throws -> Step {
    var loss = 0.0
    var count = 0
    tape.begin(step: state.step)
    for indices in group {
      let batch = examples.batch(indices, epoch: state.epoch, seed: settings.seed)
      for (id, rows) in model.lookUps(of: batch.sequences) { optimizer.settle(rows, of: id) }
      let own = try objective.loss(of: batch, model, tape)
      loss += Double(own.scalar) / Double(group.count)
      try tape.backward(from: own, scale: 1 / Float(group.count))
      count += indices.count
    }
    try state.loss.add(loss, step: state.step + 1)
    try compression?.observe(model.parameters)
    let rate = settings.schedule.rate(at: state.step, of: clock, peak: settings.rate)
    let norm = try optimizer.step(rate: rate, clipping: settings.clipping)
    state.step += 1
    return Step(loss: loss, rate: rate, gradientNorm: norm, examples: count)
  }

  /// At the end of each of an epoch's equal parts.
  private func isTimeToEvaluate(_ batches: Int) -> Bool {
    let parts = min(settings.evaluationsPerEpoch, batches)
    let done = { (batch: Int) in batch * parts / batches }
    return done(state.batch) > done(max(0, state.batch - settings.accumulation))
  }

  /// Holds the parameters of now against what they are not trained on, and keeps them if they are the best of the model as it is to be.
  private func hold(_ log: MetricsLog) throws {
    try optimizer.flush()
    guard let result = try evaluate?(try checkpoint()) else { return }
    let isWhole = compression?.isComplete(after: state.applications, state.step) ?? true
    let value = prefersLess ? -result.value : result.value
    let isBest = isWhole && state.best.add(value, step: state.step)
    if isBest { state.bestFile = try folder.saveBest(optimizer, step: state.step) }
    try log.write(
      MetricsRecord(
        .evaluation, step: state.step, epoch: epoch, seconds: state.seconds,
        [
          (.metric, .string(result.name)), (.value, .number(result.value)), (.best, .bool(isBest)),
        ]))
    try save()
  }

  private func save() throws {
    if let store, state.applications > 0 {
      let name = RunFolder.structureName(after: state.applications)
      if state.structure != name {
        try store.keep(try model.checkpoint(), at: folder.path(ofStructure: name))
        state.structure = name
      }
    }
    try folder.save(state, optimizer, extra: try compression?.buffers ?? [:])
  }

  /// The model as it would be written now.
  ///
  /// - Parameter elementType: a floating-point type.
  package func checkpoint(elementType: ElementType = .f32) throws -> Checkpoint {
    let checkpoint = try model.checkpoint(elementType: elementType)
    return try compression?.finished(checkpoint, before: state.step) ?? checkpoint
  }

  // MARK: Compression

  /// Calls the passes whose time has come.
  private func compress() throws {
    guard let compression else { return }
    let all = compression.applications
    while state.applications < all.count, all[state.applications].step <= state.step {
      let next = try compression.apply(all[state.applications], to: model, optimizer) {
        try sample($1, of: $0, then: $2)
      }
      state.applications += 1
      guard let next else { continue }
      model = next
      prepare(next)
    }
    compression.round(model, on: tape, before: state.step)
  }

  /// Works out the gradients of batches of the epoch, one after the other, and changes nothing.
  private func sample(
    _ count: Int, of model: TrainableModel, then use: () throws -> Void
  ) throws {
    prepare(model)
    let batches = plan.batches(epoch: state.epoch)
    for index in 0..<count {
      let indices = batches[(state.batch + index) % batches.count]
      let batch = examples.batch(indices, epoch: state.epoch, seed: settings.seed)
      for (id, rows) in model.lookUps(of: batch.sequences) { optimizer.settle(rows, of: id) }
      // Numbers are dropped that no step of the run drops.
      tape.begin(step: Self.firstSample + index)
      let loss = try objective.loss(of: batch, model, tape)
      try tape.backward(from: loss)
      try use()
      optimizer.clearGradients()
    }
  }

  private static let firstSample = 1 << 40

  /// Counted from one.
  private var epoch: Int { min(state.epoch + 1, settings.epochs) }

  private func record(_ step: Step, _ progress: RunProgress) -> MetricsRecord {
    var values: [(key: MetricsRecord.Key, value: JSON)] = [
      (.loss, .number(step.loss)), (.rate, .number(step.rate)),
      (.gradientNorm, .number(step.gradientNorm)),
    ]
    if let speed = progress.examplesPerSecond(now: now()) {
      values.append((.examplesPerSecond, .number(speed)))
    }
    return MetricsRecord(
      .step, step: state.step, epoch: epoch, seconds: state.seconds, values)
  }
}

extension BatchPlan {
  /// How long a run by this plan is.
  package func clock(_ settings: TrainingSettings) -> RunClock {
    let batches = batches(epoch: 0).count
    let steps = (batches + settings.accumulation - 1) / settings.accumulation
    return RunClock(steps: steps * settings.epochs, stepsPerEpoch: steps)
  }
}
