import Checkpoints
import Encoders
import Formats
import Kernels
import Tasks
import Tensors
import Training

/// A model that is about to learn a task: what it learns from, what it is held against, and how long it takes.
package struct TrainingStage {
  package let request: TrainingStageRequest
  package let model: Model
  /// With the head that the task needs.
  package let checkpoint: Checkpoint
  package let training: TrainingExamples
  package let validation: Task
  package let clock: RunClock
  /// Whether validation examples were taken from those to be learned from.
  package let isDivided: Bool
  package let labels: [String]
  /// Nil where labels alone are learned from.
  let teacher: Teacher?
  private let taskPath: String
  private let frozen: FrozenParameters

  /// Reads the task.
  ///
  /// - Throws: ``Failure`` if either cannot be read, they do not fit, or there is nothing to learn.
  package init(_ request: TrainingStageRequest, of model: Model) throws {
    self.request = request
    self.model = model
    var (task, validation, isDivided) = try Self.tasks(request)
    if let limit = request.exampleLimit { task = task.subset(limit, seed: request.settings.seed) }
    if request.copies > 0 {
      task = try task.augmented(
        copies: request.copies, by: try request.distillation?.teacher.open() ?? model,
        masked: request.maskedModel, seed: request.settings.seed, threads: request.settings.threads)
    }
    (self.validation, self.isDivided, taskPath) = (validation, isDivided, task.path)
    let teacher = try request.distillation.map {
      (model: try Teacher.open($0, for: task.kind), request: $0)
    }
    labels =
      try teacher.flatMap { try Teacher.labels(of: $0.model, $0.request.losses, task) }
      ?? Self.labels(of: task, model.checkpoint)
    let source =
      request.isFresh
      ? model.checkpoint.withFreshParameters(seed: request.settings.seed) : model.checkpoint
    checkpoint = try source.withHead(
      try task.kind.head(in: task.path), labels: labels, seed: request.settings.seed)
    frozen = try FrozenParameters(
      request.frozen, except: request.unfrozen, in: checkpoint)
    let tokenizer = try Tokenizer(folder: model.folder)
    let limit = try Self.limit(request, checkpoint, tokenizer)
    let material = TrainingMaterial(
      task: task, labels: LabelMap(classes: labels, declared: task.labels),
      distillation: request.distillation, seed: request.settings.seed,
      threads: request.settings.threads, share: request.exampleShare)
    training = try material.examples(tokenizer, limit: limit)
    self.teacher = try teacher.map { [checkpoint, training] teacher in
      let limit = try teacher.model.tokenLimit(limit)
      return try Teacher(
        teacher.model, teacher.request, for: task.kind,
        reading: try material.examples(teacher.model.tokenizer, limit: limit),
        by: .init(checkpoint: checkpoint, tokenizer: tokenizer, examples: training))
    }
    if request.distillation == nil {
      try ClassDistribution(of: training.targets, names: labels)?.check(task.path)
    }
    let settings = request.settings
    clock = BatchPlan(
      lengths: training.sequences.lengths, size: settings.batchSize, seed: settings.seed
    ).clock(settings)
    _ = try request.compression(of: checkpoint, in: model, clock)
  }

  private static func tasks(
    _ request: TrainingStageRequest
  ) throws -> (training: Task, validation: Task, isDivided: Bool) {
    let task = request.task
    guard isFolder(task.path) else {
      let whole = try Task.read(task.path, overriding: task.description)
      let parts = try whole.divided(
        validation: request.validationShare, seed: request.settings.seed)
      return (parts.training, parts.validation, true)
    }
    let training = try Task.read(
      task.path, split: request.trainingSplit, overriding: task.description)
    guard task.split == nil, !TaskFiles.hasValidation(in: task.path) else {
      let validation = try Task.read(task.path, split: task.split, overriding: task.description)
      return (training, validation, false)
    }
    let parts = try training.divided(
      validation: request.validationShare, seed: request.settings.seed)
    return (parts.training, parts.validation, true)
  }

  /// Those of the model's own head where it knows the task's classes, else the task's.
  private static func labels(of task: Task, _ checkpoint: Checkpoint) throws -> [String] {
    switch task.kind {
    case .regression: return ["LABEL_0"]
    case .qa, .similarity: return []
    case .classification, .pair, .tags:
      let own = checkpoint.architecture.labels
      let head = try task.kind.head(in: task.path)
      if checkpoint.architecture.head == head, !own.isEmpty {
        let map = LabelMap(classes: own, declared: task.labels)
        if task.kind == .tags
          ? (try? map.tags(of: task)) != nil : (try? map.indices(of: task)) != nil
        {
          return own
        }
      }
      return task.classNames()
    }
  }

  private static func limit(
    _ request: TrainingStageRequest, _ checkpoint: Checkpoint, _ tokenizer: Tokenizer
  ) throws -> Int {
    let usual = checkpoint.architecture.head == .questionAnswering ? 384 : 128
    let limits = [
      try checkpoint.tokenLimit, tokenizer.modelLimit,
      request.task.options.maximumLength ?? usual,
    ]
    return limits.compactMap(\.self).min() ?? usual
  }

  // MARK: Running

  /// Trains, and keeps what is needed to go on in a folder.
  ///
  /// - Parameters:
  ///   - context: what else the run depends on.
  ///   - observe: told after each step how far the run has got.
  ///   - note: told of each evaluation.
  /// - Returns: the model with the parameters that did best, and how well.
  package func run(
    in folder: RunFolder, resumes: Bool, context: String = "", elementType: ElementType = .f32,
    observe: ((RunProgress) -> Void)? = nil, note: ((String) -> Void)? = nil
  ) throws -> (checkpoint: Checkpoint, best: (value: Double, step: Int)?) {
    let fingerprint = fingerprint(context)
    let trainer = try Trainer(
      try TrainableModel(checkpoint), on: training, for: try objective(in: folder, note),
      request.settings, compression: try request.compression(of: checkpoint, in: model, clock),
      in: folder, fingerprint: fingerprint, resumes: resumes, prepare: frozen.freeze)
    trainer.observe = observe
    // Nothing that the task measures is trained without a head: the last parameters are the best.
    let isMeasured = request.distillation?.losses.trainsHead ?? true
    trainer.evaluate =
      !isMeasured
      ? nil
      : { checkpoint in
        let evaluation = try evaluate(checkpoint)
        note?("\(evaluation.metric.rawValue) \(fixed(evaluation.score.value, 4))")
        return (evaluation.metric.rawValue, evaluation.score.value)
      }
    let best = try trainer.run()
    return (try trainer.checkpoint(elementType: elementType), best)
  }

  private func objective(
    in folder: RunFolder, _ note: ((String) -> Void)?
  ) throws -> any Objective {
    guard let teacher else { return LabelObjective(smoothing: request.settings.labelSmoothing) }
    return try teacher.objective(
      keptIn: request.teacherFolder ?? folder.path, seed: request.settings.seed,
      threads: request.settings.threads, note)
  }

  /// Steps, evaluations, and what the teacher reads, which takes as long as evaluating.
  package func estimatedSeconds() throws -> Double {
    let timing = try StepTiming(
      of: try TrainableModel(checkpoint), on: training, request.settings)
    let settings = request.settings
    let evaluations =
      settings.evaluationsPerEpoch * settings.epochs * validation.examples.count
    return timing.secondsPerStep * Double(clock.steps)
      + timing.secondsPerEvaluation * Double(evaluations) + (try teacher?.estimatedSeconds() ?? 0)
  }

  private func evaluate(_ checkpoint: Checkpoint) throws -> Evaluation {
    let model = try TaskModel(
      checkpoint, path: model.path, folder: model.folder, reading: .logits,
      compute: .exact, threads: request.settings.threads)
    var options = EvaluationOptions()
    options.threads = request.settings.threads
    options.maximumLength = request.task.options.maximumLength
    options.latencySentences = 0
    return try Evaluation(of: model, on: validation, options: options)
  }

  private func fingerprint(_ context: String) -> String {
    var fingerprint = Fingerprint()
    fingerprint.combine(context)
    let files =
      checkpoint.container.files + (teacher?.model.inputs ?? [])
      + [request.distillation?.transfer].compactMap(\.self)
    for path in files + [taskPath, validation.path, "/proc/self/exe"] {
      fingerprint.combine(fileIdentity(path))
    }
    var settings = request.settings
    // The result does not depend on these.
    (settings.threads, settings.secondsBetweenStates) = (1, 0)
    fingerprint.combine(
      "\(settings) \(request.frozen) \(request.unfrozen) \(labels) \(training.count) \(request.isFresh) \(request.compressions)"
    )
    fingerprint.combine(
      request.distillation.map { "\($0.losses) \($0.transferLimit ?? 0)" } ?? "")
    fingerprint.combine(
      "\(request.copies) \(request.maskedModel.map { fileIdentity($0.path) } ?? "")")
    return fingerprint.text
  }
}

extension Checkpoint {
  /// The greatest number of tokens of a sequence; nil where nothing limits it.
  var tokenLimit: Int? {
    get throws {
      guard let encoder = architecture.encoder else { return configuration?.positions }
      let settings = try EncoderSettings(
        encoder.family, configuration, dialect: dialect, positions: encoder.positions)
      return encoder.positions - settings.firstPosition
    }
  }
}

extension Task.Kind {
  /// The head that learns tasks of the kind.
  ///
  /// - Throws: ``Failure`` of usage for similarity, which has none.
  func head(in path: String) throws -> Head {
    switch self {
    case .classification, .pair, .regression: .sequenceClassification
    case .tags: .tokenClassification
    case .qa: .questionAnswering
    case .similarity:
      throw Failure(TrainingRequestReason.similarity, at: Place(file: path))
    }
  }
}

/// Why nothing is trained.
enum TrainingRequestReason: Reason {
  case similarity
  case nothingFrozen([String])
  case nothingUnfrozen([String])
  case noTask(String)
  case noCopies(String)
  case trainingStep(String)
  case allFrozen

  var outcome: Outcome { .usage }

  var description: String {
    switch self {
    case .similarity: "a task of similarity has no head to be trained"
    case .nothingFrozen(let patterns):
      "nothing that is trained matches --freeze \(patterns.map(printable).joined(separator: " "))"
    case .nothingUnfrozen(let patterns):
      "nothing that is trained matches unfreeze \(patterns.map(printable).joined(separator: " "))"
    case .noTask(let step): "\(step) needs a task"
    case .noCopies(let kind):
      "a task of \(kind) is not augmented, as its labels belong to places in the text"
    case .trainingStep(let step): "\(step) is a training, which is no pass"
    case .allFrozen: "--freeze leaves nothing to be trained"
    }
  }

  var hint: String? {
    switch self {
    case .similarity: "--kind regression trains on scores of pairs"
    case .noTask: "name it by --task"
    default: nil
    }
  }
}
