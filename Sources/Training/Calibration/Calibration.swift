import Checkpoints
import Encoders
import Tensors

/// Gathers what passes want to know of a model in one sweep over examples.
package struct Calibration {
  private let settings: CalibrationSettings
  private let model: TrainableModel

  /// What was found out.
  package struct Result {
    /// As ``Statistics`` names them.
    package var tensors: [String: Tensor]
    /// How many vectors linears were fed, and how long the longest was.
    package var inputs: (count: Int, width: Int)
  }

  /// - Throws: ``Failure`` if the model cannot be run.
  package init(of checkpoint: Checkpoint, _ settings: CalibrationSettings) throws {
    self.settings = settings
    model = try TrainableModel(checkpoint)
    if needsGradients {
      _ = try DrawnTargets(for: checkpoint.architecture.head, seed: settings.seed)
    }
  }

  private var needsGradients: Bool {
    !settings.measures.isDisjoint(with: [.fisher, .masks])
  }

  /// - Parameters:
  ///   - examples: with targets, gradients are those of the loss against them; without, of targets drawn from what the model predicts.
  ///   - progress: told of examples.
  /// - Throws: ``Failure`` if a sequence cannot be read, or there is no memory.
  package func run(
    on examples: TrainingExamples, progress: Progress? = nil
  ) throws -> Result {
    let sweeps = [
      settings.measures.contains(.inputs), settings.measures.contains(.sensitivity), needsGradients,
    ]
    progress?.expect(examples.count * sweeps.count { $0 })
    var result = Result(tensors: [:], inputs: (0, 0))
    if settings.measures.contains(.inputs) {
      let moments = try inputs(of: examples, progress)
      result.tensors = moments.tensors
      result.inputs = (moments.count, moments.width)
    }
    if settings.measures.contains(.sensitivity) {
      result.tensors.merge(try sensitivity(of: examples, progress).tensors) { first, _ in first }
    }
    if needsGradients {
      result.tensors.merge(try gradients(of: examples, progress).tensors) { first, _ in first }
    }
    return result
  }

  private func inputs(
    of examples: TrainingExamples, _ progress: Progress?
  ) throws -> InputMoments {
    let moments = InputMoments()
    let tape = try Tape(threads: settings.threads)
    tape.inputObserver = { [unowned tape] in try moments.add($1, of: $0, tape) }
    for batch in batches(of: examples) {
      moments.begin()
      _ = try tape.withoutRecording {
        try model.forward(
          batch.map { examples.sequences[$0] }, tape, ForwardOptions(dropout: false))
      }
      progress?.advance(batch.count)
    }
    return moments
  }

  /// The indices of examples that are read together: those of about one length.
  private func batches(of examples: TrainingExamples) -> [[Int]] {
    let order = (0..<examples.count).sorted {
      (examples.sequences[$0].count, $0) < (examples.sequences[$1].count, $1)
    }
    return parts(of: order.count, by: settings.batchSize).map { Array(order[$0]) }
  }

  private func sensitivity(
    of examples: TrainingExamples, _ progress: Progress?
  ) throws -> OutputSensitivity {
    let sensitivity = OutputSensitivity()
    let score = RandomScore(for: model.architecture.head, seed: settings.seed)
    let tape = try Tape(threads: settings.threads)
    tape.gradientObserver = { [unowned tape] in try sensitivity.add($1, of: $0, tape) }
    for (step, batch) in batches(of: examples).enumerated() {
      tape.begin(step: step)
      let output = try model.forward(
        batch.map { examples.sequences[$0] }, tape, score.options)
      try tape.backward(from: try score.sum(of: output, examples: batch, tape))
      for parameter in model.parameters { parameter.clearGradient() }
      progress?.advance(batch.count)
    }
    return sensitivity
  }

  /// An example at a time, since gradients of several would be added before they are squared.
  private func gradients(
    of examples: TrainingExamples, _ progress: Progress?
  ) throws -> GradientSums {
    let sums = try GradientSums(of: model, settings)
    let tape = try Tape(threads: settings.threads)
    let drawn = try DrawnTargets(for: model.architecture.head, seed: settings.seed)
    for index in 0..<examples.count {
      tape.begin(step: index)
      let batch = examples.batch([index], epoch: 0, seed: settings.seed)
      let output = try model.forward(batch.sequences, tape, ForwardOptions(dropout: false))
      let targets =
        batch.targets == .none ? try drawn.targets(of: output, example: index) : batch.targets
      try tape.backward(from: try tape.loss(output, against: targets))
      try sums.add()
      progress?.advance(1)
    }
    return sums
  }
}
