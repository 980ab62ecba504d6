import Encoders
import Tensors

/// How long a step of a run takes on this machine, found by making a few and forgetting them.
///
/// Batches are taken at even distances among all of an epoch, sorted by length. What it says is an estimate: passes that are applied on the way
/// make later steps shorter, and other programs longer.
package struct StepTiming {
  package let secondsPerStep: Double
  /// Of a forward pass of one example, taken as a third of what training it costs.
  package let secondsPerEvaluation: Double

  /// - Parameter model: is changed.
  /// - Throws: ``Failure`` if a sequence cannot be read, or there is no memory.
  package init(
    of model: TrainableModel, on examples: TrainingExamples, _ settings: TrainingSettings
  ) throws {
    let lengths = examples.sequences.lengths
    let plan = BatchPlan(lengths: lengths, size: settings.batchSize, seed: settings.seed)
    let all = plan.batches(epoch: 0)
    let tokens = all.map { batch in batch.reduce(0) { $0 + Int(lengths[$1]) } }
    let sorted = all.indices.sorted { (tokens[$0], $0) < (tokens[$1], $1) }
    let samples = (0..<Self.count).map { sorted[(2 * $0 + 1) * sorted.count / (2 * Self.count)] }
    let optimizer = try Optimizer(AdamW(), for: model.parameters, threads: settings.threads)
    let tape = try Tape(threads: settings.threads, seed: settings.seed)
    func step(_ index: Int) throws {
      let batch = examples.batch(all[index], epoch: 0, seed: settings.seed)
      tape.begin(step: 0)
      for (id, rows) in model.lookUps(of: batch.sequences) { optimizer.settle(rows, of: id) }
      let output = try model.forward(batch.sequences, tape)
      guard let logits = output.logits else { return }
      let nothing = try tape.matrix(rows: logits.rows, columns: logits.columns)
      for index in 0..<nothing.count { nothing.start[index] = 0 }
      try tape.backward(from: try tape.squaredError(logits, from: nothing))
      try optimizer.step(rate: 0)
    }
    // Memory is taken for the first time.
    try step(samples[0])
    let start = now()
    for index in samples { try step(index) }
    let seconds = (now() - start) / Double(samples.count)
    secondsPerStep = seconds * Double(settings.accumulation)
    secondsPerEvaluation = seconds / 3 / Double(min(settings.batchSize, examples.count))
  }

  private static let count = 4
}
