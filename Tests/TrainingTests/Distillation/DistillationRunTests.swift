import Checkpoints
import Encoders
import Formats
import Recipes
import Tensors
import TestSupport
import Testing

@testable import Training

/// Runs whose loss has parameters of its own.
@Suite struct DistillationRunTests {
  private let folder = try! TemporaryFolder()

  /// A student narrower than its teacher, its examples, and the maps between them.
  private func trainer(
    _ name: String, resumes: Bool = false, stopsAfter last: Int = .max, threads: Int = 1
  ) throws -> (trainer: Trainer, objective: DistillationObjective) {
    let checkpoint = try Model.open(Places.sample("heads/sequence-classification")).checkpoint
    let teacher = try Model.open(Places.sample("encoders/bert/sequence-classification")).checkpoint
    var examples = TrainingExamples()
    for index in 0..<23 {
      let ids = (0..<(3 + index % 9)).map { Int32(($0 * 7 + index * 3) % 35 + 5) }
      examples.sequences.append(TokenSequence(ids: ids))
    }
    examples.targets = .classes([Int32](repeating: Targets.ignored, count: 23))
    let losses = try DistillationLosses("hidden=1 embeddings=1 attention=0.1")
    var parts = DistillationObjective.Parts()
    parts.layers = try LayerLosses(
      losses, of: try FrozenTeacher(teacher, reading: examples.sequences), width: 16, seed: 4)
    let objective = DistillationObjective(losses, from: parts)
    var settings = TrainingSettings()
    settings.epochs = 4
    settings.batchSize = 4
    settings.rate = 1e-2
    settings.secondsBetweenStates = 0
    settings.threads = threads
    let trainer = try Trainer(
      try TrainableModel(checkpoint), on: examples,
      for: Stopping(objective: objective, last: last, count: Count()), settings,
      in: try RunFolder(
        folder.path + "/" + name, format: SafetensorsFormat(), resumes: resumes),
      fingerprint: "test", resumes: resumes)
    return (trainer, objective)
  }

  private func numbers(_ run: (trainer: Trainer, objective: DistillationObjective)) -> [[Float]] {
    (run.trainer.model.parameters + run.objective.parameters).map(\.values.array)
  }

  /// A run that was stopped ends with the same bits as one that was not, maps of widths included.
  @Test(arguments: [1, 8, 20]) func mapsAreTakenUpWithTheModel(_ last: Int) throws {
    let whole = try trainer("whole", threads: 2)
    let before = whole.objective.parameters.map(\.values.array)
    #expect(before.count == 4)
    _ = try whole.trainer.run()
    let after = whole.objective.parameters.map(\.values.array)
    #expect(zip(before, after).allSatisfy { $0 != $1 })
    try stop("cut", after: last)
    let resumed = try trainer("cut", resumes: true)
    _ = try resumed.trainer.run()
    #expect(numbers(resumed) == numbers(whole))
  }

  /// Lets go of the folder.
  private func stop(_ name: String, after last: Int) throws {
    let run = try trainer(name, stopsAfter: last)
    #expect(throws: Stopped.self) { try run.trainer.run() }
  }

  /// The student comes closer to its teacher.
  @Test func theLossFalls() throws {
    let run = try trainer("falls")
    var losses: [Double] = []
    run.trainer.observe = { progress in losses.append(progress.loss ?? .nan) }
    _ = try run.trainer.run()
    #expect(losses.count == 24 && losses.last! < 0.6 * losses[0], "\(losses)")
  }
}

private struct Stopped: Error {}

private final class Count {
  var value = 0
}

/// An objective that fails after some steps, as a run that is killed.
private struct Stopping: Objective {
  let objective: DistillationObjective
  let last: Int
  let count: Count

  var parameters: [TrainableParameter] { objective.parameters }

  func loss(
    of batch: TrainingBatch, _ model: TrainableModel, _ tape: Tape
  ) throws -> Node {
    count.value += 1
    guard count.value <= last else { throw Stopped() }
    return try objective.loss(of: batch, model, tape)
  }
}
