import Checkpoints
import Formats
import Reports
import Tensors
import Training

/// A recipe with trainings among its steps.
///
/// Steps are done one after the other: passes before a training are applied and the model is put into the run's folder, from which the training
/// takes it; what comes of that lies there too, whole or not at all. A run that is taken up begins with the first step that is not done yet. The
/// passes behind the last training are applied as the output is written.
public struct StagedCompression {
  public let model: Model
  public let request: CompressionRequest
  private(set) var parts: [Part]
  /// What the stages go through in the time that there is; nil where nothing limits it.
  private(set) var portions: [TrainingPortion]?
  private let rest: [RecipeStep]
  let setting: TrainingSetting
  /// Of models that are foreseen.
  private let vocabularies = ForeseenVocabularies()

  /// A training, and the passes before it.
  struct Part {
    var passes: [RecipeStep]
    var step: RecipeStep
    var stages: [TrainingStageRequest]
  }

  /// Reads all steps, so that what contradicts itself is refused before anything is done.
  ///
  /// - Throws: ``Failure`` of usage if a step cannot be, or a training has no task.
  public init(of model: Model, request: CompressionRequest) throws {
    self.model = model
    self.request = request
    setting = TrainingSetting(
      request.input ?? ModelRequest(model.path), task: request.task, threads: request.threads)
    var parts: [Part] = []
    var passes: [RecipeStep] = []
    for (index, step) in request.recipe.steps.enumerated() {
      do {
        guard let training = try step.training() else {
          _ = try step.pass()
          passes.append(step)
          continue
        }
        parts.append(
          Part(passes: passes, step: step, stages: try training.stages(in: setting)))
        passes = []
      } catch var failure as Failure {
        failure.reason = RecipeReason.step(index + 1, failure.reason)
        throw failure
      }
    }
    rest = passes
    self.parts = parts
    guard let budget = request.budget else {
      if !request.resumes { _ = try models() }
      return
    }
    let stages = parts.flatMap(\.stages)
    let own =
      request.resumes
      ? try PortionFile.read(in: request.output.runFolder, count: stages.count)
      : budget.portions(
        of: try zip(stages, models()).map { stage, model in
          (stage.settings.epochs, try stage.training(of: model).estimatedSeconds())
        })
    portions = own
    var next = own.makeIterator()
    for (index, part) in parts.enumerated() {
      self.parts[index].stages = part.stages.map { $0.taking(next.next()!) }
    }
  }

  /// The models that the stages of training begin with, as far as can be foreseen; stages that do not fit them are refused.
  func models() throws -> [Model] {
    var current = model
    return try parts.flatMap { part in
      if !part.passes.isEmpty { current = try foreseen(part.passes, of: current) }
      return try part.stages.map { stage in
        let before = current
        current = before.holding(
          try stage.foreseen(try stage.training(of: before).checkpoint, threads: request.threads))
        return before
      }
    }
  }

  /// The model after some passes, whose tensors are worked out as they are asked for.
  func foreseen(_ passes: [RecipeStep], of model: Model) throws -> Model {
    let request = CompressionRequest(
      Recipe(steps: passes), output: request.output, replaces: true, threads: request.threads)
    return try vocabularies.holding(try Compression(of: model, request: request).result)
  }

  /// How many stages of training there are.
  public var stageCount: Int { parts.reduce(0) { $0 + $1.stages.count } }

  /// Does everything but write the output.
  ///
  /// - Parameters:
  ///   - announce: told of each stage.
  ///   - observe: told after each step of a training how far it has got.
  ///   - note: told of each evaluation.
  /// - Returns: the passes that are left, on the model that was trained.
  /// - Throws: ``Failure`` if anything fails; the run's folder stays, so that the run can be taken up.
  package func run(
    announce: ((String) -> Void)? = nil, observe: ((RunProgress) -> Void)? = nil,
    note: ((String) -> Void)? = nil
  ) throws -> Compression {
    let folder = try StageFolder(
      request.output.runFolder, fingerprint: Compression.fingerprint(of: model, request),
      resumes: request.resumes)
    if let portions { try PortionFile.write(portions, in: folder.path) }
    var current = model
    var ledger: [StepReport] = []
    var trainings: [RunHistory] = []
    var count = 0
    for (index, part) in parts.enumerated() {
      let (passed, reports) = try apply(part.passes, to: current, in: folder, index)
      ledger += reports
      current = passed
      let before = current
      let clock = ContinuousClock()
      let start = clock.now
      for (number, stage) in part.stages.enumerated() {
        count += 1
        let name = "trained-\(index + 1)-\(number + 1)"
        if let done = try folder.model(name) {
          current = done
        } else {
          announce?("stage \(count) of \(stageCount): \(part.step.text)")
          current = try train(
            stage.taught(by: before, setting), current, in: folder, name, announce, observe, note)
        }
        trainings += folder.history(
          of: name, title: "stage \(count) of \(stageCount), \(part.step.name)")
      }
      ledger.append(
        StepReport(part.step.text, from: before, to: current, (clock.now - start) / .seconds(1)))
    }
    var request = request
    request.recipe = Recipe(steps: rest)
    request.history.recipe = self.request.recipe
    request.history.ledger = ledger
    request.history.trainings = trainings
    request.history.origin = model
    request.resumes = false
    return try Compression(of: current, request: request)
  }

  /// Removes what the run has kept: its output is in its place.
  public func finish() { removeTree(request.output.runFolder) }

  /// The model after some passes, in the run's folder.
  private func apply(
    _ passes: [RecipeStep], to model: Model, in folder: StageFolder, _ index: Int
  ) throws -> (Model, [StepReport]) {
    guard !passes.isEmpty else { return (model, []) }
    var request = request
    request.recipe = Recipe(steps: passes)
    request.output = .folder(folder.path(of: "passed-\(index + 1)"))
    request.format = StageModels.format
    (request.carriesSidecars, request.replaces, request.resumes) = (true, true, false)
    let compression = try Compression(of: model, request: request)
    if let done = try folder.model("passed-\(index + 1)") { return (done, compression.ledger) }
    _ = try compression.run()
    return (try Model.open(request.output.path, format: StageModels.format), compression.ledger)
  }

  private func train(
    _ stage: TrainingStageRequest, _ model: Model, in folder: StageFolder, _ name: String,
    _ announce: ((String) -> Void)?, _ observe: ((RunProgress) -> Void)?,
    _ note: ((String) -> Void)?
  ) throws -> Model {
    let path = folder.path(of: name + ".run")
    let resumes = RunFolder.canResume(path)
    var stage = stage
    stage.teacherFolder = folder.path
    let training = try stage.training(of: model)
    announce?(training.planText.afterFirstLine)
    let run = try RunFolder(
      path, format: SafetensorsFormat(), resumes: resumes, threads: request.threads)
    let result = try training.run(
      in: run, resumes: resumes, context: "\(folder.fingerprint) \(name)", elementType: .f32,
      observe: observe, note: note)
    // Before the model, whose being there says that the stage is done.
    try run.keepMetrics(at: folder.metricsPath(of: name))
    let store = StageModels(model: training.model, threads: request.threads)
    try store.keep(result.checkpoint, at: folder.path(of: name))
    run.remove()
    return try Model.open(folder.path(of: name), format: StageModels.format)
  }
}

extension StepReport {
  fileprivate init(_ step: String, from before: Model, to after: Model, _ seconds: Double) {
    self.init(
      step, parametersBefore: before.checkpoint.counts.uniqueParameters,
      parametersAfter: after.checkpoint.counts.uniqueParameters,
      bytesBefore: before.checkpoint.storageByteCount,
      bytesAfter: after.checkpoint.storageByteCount, seconds: seconds)
  }
}

extension TrainingStageRequest {
  /// The stage with a model as the teacher, if it is to be taught by what it was itself.
  fileprivate func taught(by model: Model, _ setting: TrainingSetting) -> TrainingStageRequest {
    guard distillation?.isByItself == true, model.path != setting.input.path else { return self }
    var result = self
    var teacher = ModelRequest(model.path)
    (teacher.format, teacher.threads) = (StageModels.format, setting.threads)
    result.distillation?.teacher = teacher
    return result
  }
}
