import Checkpoints
import Passes
import Tensors

/// The passes of a run, each called when its schedule says so, on the model as it is then.
///
/// The model is made a checkpoint, the pass is applied to that, and what it gives is trained on: there is one implementation of each pass.
/// The optimizer's moments follow: cut where rows, columns or layers go, projected onto the factors of a product, cleared under masks.
/// Passes that round are not applied before the end; until then training sees weights as they are going to be rounded.
package final class GradualCompression {
  package let passes: [GradualPass]
  /// When each is called, in order.
  let applications: [Application]
  private let origin: Checkpoint
  private let threads: Int
  private var meters: [ImportanceMeasure: ImportanceMeter] = [:]
  var roundings: [WeightRounding] = []

  /// One call of a pass.
  struct Application: Equatable {
    /// Of the run's steps, the one before which it is.
    var step: Int
    var pass: Int
    /// Of the way.
    var share: Double
  }

  /// - Parameters:
  ///   - origin: the model as the run begins.
  /// - Throws: ``Failure`` of usage if a schedule does not fit the run, or a pass cannot be called in steps.
  package init(
    _ passes: [GradualPass], of origin: Checkpoint, clock: RunClock, threads: Int
  ) throws {
    self.passes = passes
    self.origin = origin
    self.threads = threads
    var applications: [Application] = []
    for (index, pass) in passes.enumerated() {
      try pass.schedule.check(clock)
      for (step, share) in pass.schedule.applications(in: clock) {
        _ = try pass.pass(at: share, from: origin, isMeasured: false)
        applications.append(Application(step: step, pass: index, share: share))
      }
      if pass.measure.isMetered { meters[pass.measure] = ImportanceMeter(pass.measure) }
      if let type = pass.type as? any RoundingPass.Type {
        let rounding = try type.init(pass.arguments).rounding(of: origin)
        // At the end of the run there is nothing left to hold scales for.
        let hold = pass.hold.map { $0.steps(in: clock) }.flatMap { $0 < clock.steps ? $0 : nil }
        roundings.append(WeightRounding(rounding, pass: index, hold: hold))
      }
    }
    self.applications = applications.sorted { ($0.step, $0.pass) < ($1.step, $1.pass) }
  }

  /// Whether a model is what it shall be: all passes were called, and scales that are to stay do.
  ///
  /// - Parameters:
  ///   - applications: how many calls there were.
  ///   - step: how many steps were made.
  func isComplete(after applications: Int, _ step: Int) -> Bool {
    applications == self.applications.count
      && roundings.allSatisfy { $0.hold.map { step > $0 } ?? true }
  }

  /// What the model becomes with each step before which passes are called.
  ///
  /// Foreseen without statistics: structure and sizes are right, values are not.
  package func trajectory() throws -> [(step: Int, checkpoint: Checkpoint)] {
    var shares: [Int: Double] = [:]
    var result: [(step: Int, checkpoint: Checkpoint)] = []
    for (index, application) in applications.enumerated() {
      shares[application.pass] = application.share
      let isLast =
        index == applications.count - 1 || applications[index + 1].step > application.step
      guard isLast else { continue }
      let checkpoint = try shares.sorted { $0.key < $1.key }.reduce(origin) { before, share in
        try passes[share.key].pass(at: share.value, from: origin, isMeasured: false)?
          .apply(to: before, in: PassContext(threads: threads)) ?? before
      }
      result.append((application.step, checkpoint))
    }
    return result
  }

  /// Takes in the gradients of a step.
  func observe(_ parameters: [TrainableParameter]) throws {
    for measure in ImportanceMeasure.allCases {
      try meters[measure]?.add(parameters, threads: threads)
    }
  }

  /// Calls a pass; in several rounds, each with statistics of its own, where it asks for that.
  ///
  /// - Parameters:
  ///   - sample: gives the gradients of so many batches, one after the other, to whoever asks.
  /// - Returns: the model that is to be trained on; nil if nothing changes.
  func apply(
    _ application: Application, to model: TrainableModel, _ optimizer: Optimizer,
    sample: (TrainableModel, Int, () throws -> Void) throws -> Void
  ) throws -> TrainableModel? {
    let gradual = passes[application.pass]
    if gradual.type is any RoundingPass.Type { return nil }
    let before =
      applications.last { $0.pass == application.pass && $0.step < application.step }?.share ?? 0
    let rounds = gradual.measure == .secondOrder ? gradual.curvature.rounds : 1
    var result: TrainableModel?
    for round in 1...rounds {
      let part = Double(round) / Double(rounds)
      let share = round == rounds ? application.share : before + part * (application.share - before)
      result =
        try apply(gradual, at: share, to: result ?? model, optimizer, sample: sample) ?? result
    }
    if gradual.measure == .taylor { meters[.taylor]?.reset() }
    return result
  }

  private func apply(
    _ gradual: GradualPass, at share: Double, to model: TrainableModel, _ optimizer: Optimizer,
    sample: (TrainableModel, Int, () throws -> Void) throws -> Void
  ) throws -> TrainableModel? {
    let isMeasured = gradual.measure != .magnitude
    guard let pass = try gradual.pass(at: share, from: origin, isMeasured: isMeasured) else {
      return nil
    }
    var context = PassContext(threads: threads)
    if let statistics = try statistics(for: gradual, of: model, sample) {
      context.openStatistics = { _ in statistics }
    }
    try optimizer.flush()
    let before = try model.checkpoint()
    let cut = try (pass as? any CuttingPass)?.cut(of: before, in: context)
    let after = try cut?.apply(to: before) ?? pass.apply(to: before, in: context)
    let result = try TrainableModel(after)
    try optimizer.carry(from: model, to: result, by: cut)
    return result
  }

  private func statistics(
    for pass: GradualPass, of model: TrainableModel,
    _ sample: (TrainableModel, Int, () throws -> Void) throws -> Void
  ) throws -> Statistics? {
    switch pass.measure {
    case .magnitude: return nil
    case .taylor, .movement: return try meters[pass.measure]!.statistics(of: model)
    case .secondOrder:
      let prune = try Prune(pass.arguments)
      let roles = try prune.selected(try model.checkpoint())
      let fisher = try BlockFisher(
        of: model.parameters.filter { roles.contains($0.id.role) }, pattern: prune.block,
        pass.curvature, threads: threads)
      try sample(model, pass.curvature.gradients) { try fisher.add() }
      return try fisher.statistics()
    }
  }

  /// Lets weights be seen as they are going to be rounded, where the time for it has come.
  ///
  /// - Parameter step: that is going to be made.
  func round(_ model: TrainableModel, on tape: Tape, before step: Int) {
    for rounding in roundings where isApplied(rounding, before: step) {
      rounding.attach(to: model, tape)
      if let hold = rounding.hold, step >= hold { rounding.freeze(model) }
    }
  }

  private func isApplied(_ rounding: WeightRounding, before step: Int) -> Bool {
    applications.contains { $0.pass == rounding.pass && $0.step <= step }
  }

  /// The model as it is when it is written: rounded, where training has seen it so.
  ///
  /// - Parameter step: that is going to be made.
  package func finished(_ checkpoint: Checkpoint, before step: Int) throws -> Checkpoint {
    var result = checkpoint
    for rounding in roundings where isApplied(rounding, before: step) {
      let tensors = rounding.tensors
      let pass = try passes[rounding.pass].pass(
        at: 1, from: origin, isMeasured: !tensors.isEmpty)
      result =
        try pass?.apply(
          to: result,
          in: PassContext(
            threads: threads, openStatistics: { _ in Statistics(measured: tensors) })) ?? result
    }
    return result
  }

  // MARK: Keeping

  /// What has to be known again beside the model, by name.
  var buffers: [String: FloatBuffer] {
    get throws {
      var result: [String: FloatBuffer] = [:]
      for (measure, meter) in meters {
        result["\(measure.rawValue).steps"] = try FloatBuffer([Float(meter.steps)])
        for (id, sum) in meter.sums { result["\(measure.rawValue)/\(id)"] = sum }
      }
      for (index, rounding) in roundings.enumerated() {
        for (id, quantizer) in rounding.quantizers where !quantizer.scales.isEmpty {
          result["scale.\(index)/\(id)"] = try FloatBuffer(quantizer.scales)
        }
      }
      return result
    }
  }

  /// Takes up what was kept.
  func restore(_ model: TrainableModel, from stored: StoredTensors, before step: Int) throws {
    for (measure, meter) in meters {
      var sums: [TrainableParameter.ID: FloatBuffer] = [:]
      for parameter in model.parameters {
        sums[parameter.id] = try stored.extra("\(measure.rawValue)/\(parameter.id)")
      }
      let steps = try stored.extra("\(measure.rawValue).steps")?.array.first ?? 0
      meter.restore(sums, steps: Int(steps))
    }
    for (index, rounding) in roundings.enumerated() {
      var scales: [TrainableParameter.ID: [Float]] = [:]
      for parameter in model.parameters {
        scales[parameter.id] = try stored.extra("scale.\(index)/\(parameter.id)")?.array
      }
      rounding.restore(scales, areHeld: rounding.hold.map { step > $0 } ?? false)
    }
  }
}
