import Checkpoints
import Reports
import Tasks
import Tensors
import Training

/// A model that is about to learn the hidden tokens of plain text.
///
/// It is held against text that it does not learn from, always the same tokens of it hidden; the least loss is the best.
package struct MaskedTrainingStage: ModelTraining {
  package let model: Model
  package let checkpoint: Checkpoint
  private let request: TrainingStageRequest
  private let text: MaskedTextRequest
  private let training: TrainingExamples
  private let validation: TrainingExamples
  private let clock: RunClock
  private let frozen: FrozenParameters

  package let metricName = "masked-lm-loss"

  /// Reads the text.
  ///
  /// - Throws: ``Failure`` if it cannot be read or holds too little, or the model can have no such head, or its tokenizer no mask.
  package init(
    _ text: MaskedTextRequest, _ request: TrainingStageRequest, of model: Model
  ) throws {
    self.request = request
    self.text = text
    self.model = model
    let settings = request.settings
    let source =
      request.isFresh ? model.checkpoint.withFreshParameters(seed: settings.seed) : model.checkpoint
    checkpoint = try source.withHead(.maskedLanguageModel, labels: [], seed: settings.seed)
    frozen = try FrozenParameters(
      request.frozen, except: request.unfrozen, in: checkpoint)
    let tokenizer = try Tokenizer(folder: model.folder)
    let words = checkpoint.architecture.vocabulary
    guard tokenizer.vocabularySize <= words else {
      throw Failure(
        TaskModelReason.otherVocabulary(tokenizer.vocabularySize, words: words),
        at: Place(file: model.folder))
    }
    let limits = [
      try checkpoint.tokenLimit, tokenizer.modelLimit, text.maximumLength ?? Self.usualLength,
    ]
    let limit = limits.compactMap(\.self).min() ?? Self.usualLength
    func read(_ path: String) throws -> TrainingExamples {
      try TrainingExamples(
        maskedText: path, tokenizer, limit: limit, threads: settings.threads)
    }
    let all = try read(text.path)
    let divided =
      try text.validation.map { (training: all, validation: try read($0)) }
      ?? all.divided(
        validation: request.validationShare, seed: settings.seed, path: text.path)
    let share = request.exampleShare
    training = divided.training.subset(share, seed: settings.seed)
    validation = divided.validation
    clock = BatchPlan(
      lengths: training.sequences.lengths, size: settings.batchSize, seed: settings.seed
    ).clock(settings)
    _ = try request.compression(of: checkpoint, in: model, clock)
  }

  private static let usualLength = 128

  package var planText: String {
    let settings = request.settings
    let held = text.validation.map { "of \(printable($0))" } ?? "held back from it"
    return [
      "\(printable(model.path)) on \(printable(text.path))",
      "  hidden tokens of \(grouped(training.count)) sequences, \(grouped(training.sequences.tokenCount)) tokens",
      "  held against \(grouped(validation.count)) sequences \(held)",
      "  \(grouped(checkpoint.counts.uniqueParameters)) parameters in \(checkpoint.parameters.count) tensors",
      "  \(settings.epochs) \(settings.epochs == 1 ? "epoch" : "epochs") of \(grouped(clock.stepsPerEpoch)) steps of \(settings.batchSize * settings.accumulation) sequences, \(grouped(clock.steps)) steps",
      "  learning rate \(settings.rate), \(settings.schedule), weight decay \(settings.weightDecay), seed \(settings.seed)",
      "  \(settings.evaluationsPerEpoch * settings.epochs) evaluations by the loss; the least is kept",
    ].joined(separator: "\n") + request.compressions.map { "\n  on the way, \($0)" }.joined()
  }

  package func run(
    in folder: RunFolder, resumes: Bool, context: String = "", elementType: ElementType = .f32,
    observe: ((RunProgress) -> Void)? = nil, note: ((String) -> Void)? = nil
  ) throws -> (checkpoint: Checkpoint, best: (value: Double, step: Int)?) {
    let settings = request.settings
    let trainer = try Trainer(
      try TrainableModel(checkpoint), on: training,
      for: MaskedTokenObjective(smoothing: settings.labelSmoothing), settings,
      compression: try request.compression(of: checkpoint, in: model, clock), in: folder,
      fingerprint: fingerprint(context), resumes: resumes, prepare: frozen.freeze)
    trainer.prefersLess = true
    trainer.observe = observe
    trainer.evaluate = { checkpoint in
      let found = try MaskedTokenEvaluation(
        of: try TrainableModel(checkpoint), on: validation, batchSize: settings.batchSize,
        threads: settings.threads)
      note?("loss \(fixed(found.loss, 4)), perplexity \(fixed(found.perplexity, 2))")
      return (metricName, found.loss)
    }
    let best = try trainer.run()
    return (try trainer.checkpoint(elementType: elementType), best)
  }

  package func estimatedSeconds() throws -> Double {
    let timing = try StepTiming(
      of: try TrainableModel(checkpoint), on: training, request.settings)
    let settings = request.settings
    return timing.secondsPerStep * Double(clock.steps) + timing.secondsPerEvaluation
      * Double(settings.evaluationsPerEpoch * settings.epochs * validation.count)
  }

  private func fingerprint(_ context: String) -> String {
    var fingerprint = Fingerprint()
    fingerprint.combine(context)
    let texts = [text.path] + [text.validation].compactMap(\.self)
    for path in checkpoint.container.files + texts + ["/proc/self/exe"] {
      fingerprint.combine(fileIdentity(path))
    }
    var settings = request.settings
    // The result does not depend on these.
    (settings.threads, settings.secondsBetweenStates) = (1, 0)
    fingerprint.combine(
      "\(settings) \(request.frozen) \(training.count) \(validation.count) \(training.sequences.tokenCount) \(request.isFresh) \(request.compressions)"
    )
    return fingerprint.text
  }
}
