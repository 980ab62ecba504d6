import Checkpoints
import Dialects
import Reports
import Tensors

extension Recipe {
  /// Applies the steps to a checkpoint, which is held against its architecture before and after each.
  ///
  /// - Returns: the checkpoint that the last step gives, and what each step did.
  /// - Throws: ``Failure`` naming the step, and the tensor where it is one tensor's.
  func run(
    on checkpoint: Checkpoint, in context: PassContext
  ) throws -> (checkpoint: Checkpoint, ledger: [StepReport]) {
    guard checkpoint.architecture != .unknown else {
      throw Failure(PassReason.unknownModel, at: Place(file: checkpoint.container.files.first))
    }
    let passes = try steps.map { try $0.pass() }
    var context = context
    context.origin = context.origin ?? ChainOrigin(checkpoint)
    var current = checkpoint
    try current.validateStorage()
    var ledger: [StepReport] = []
    for (step, pass) in zip(steps, passes) {
      let before = current
      let clock = ContinuousClock()
      let start = clock.now
      current = try pass.apply(to: before, in: context)
      try current.validate(after: step, of: before)
      ledger.append(
        StepReport(
          step.text, parametersBefore: before.counts.uniqueParameters,
          parametersAfter: current.counts.uniqueParameters, bytesBefore: before.storageByteCount,
          bytesAfter: current.storageByteCount, seconds: (clock.now - start) / .seconds(1)))
    }
    return (current, ledger)
  }
}

extension Checkpoint {
  /// What the model's tensors take before any entropy coding, buffers and second copies not counted.
  var storageByteCount: Int {
    parameters.reduce(0) { $0 + $1.storage.byteCount }
      + unmapped.reduce(0) { $0 + $1.byteCount }
  }

  /// Fails where storage is nested as none may be.
  fileprivate func validateStorage() throws {
    for parameter in parameters {
      do {
        try parameter.storage.validate()
      } catch let failure as Failure {
        throw failure.within(Place(file: container.files.first, tensor: parameter.name))
      }
    }
  }

  /// Fails where a step has left something missing or of another shape than the rest asks for.
  fileprivate func validate(after step: RecipeStep, of before: Checkpoint) throws {
    try validateStorage()
    let known = before.contradictions.map(\.message)
    guard let fresh = contradictions.first(where: { !known.contains($0.message) }) else { return }
    throw Failure(
      PassReason.unfit(pass: step.name, why: fresh.message),
      at: Place(file: container.files.first, tensor: fresh.tensor))
  }
}
