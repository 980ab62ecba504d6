import Checkpoints
import Reports
import Tasks
import Tensors

/// Models on disk that are to be weighed, and held against a task if there is one.
public struct ReportRequest: Sendable {
  public var models: [ModelRequest]
  /// The model before compression.
  public var reference: ModelRequest?
  public var task: TaskRequest?
  /// The length of the sequence for which operations are counted.
  public var tokens = 128
  public var threads = 1
  /// The recipe that made the model, where it is at hand; else that of the model's metadata.
  public var recipe: Recipe?
  /// What each step of the recipe did.
  public var ledger: [StepReport] = []
  /// What the trainings of the recipe went through.
  public var trainings: [RunHistory] = []
  /// How the model was brought down to a size.
  public var budget: BudgetReport?
  /// Files with the metrics of other trainings.
  public var metrics: [String] = []

  public init(_ models: [ModelRequest], against reference: ModelRequest? = nil) {
    self.models = models
    self.reference = reference
  }
}

/// A task and how it is run.
public struct TaskRequest: Sendable {
  /// A file, or a folder with a split for each file.
  public var path: String
  public var split: String?
  /// What options say of the task; wins over its task.yaml.
  public var description = TaskDescription()
  public var options = EvaluationOptions()

  public init(_ path: String) { self.path = path }
}

extension ReportRequest {
  /// Opens the models and measures them, one after the other.
  ///
  /// - Parameter progress: told of the values that have been gone through.
  public func measure(progress: Progress? = nil) throws -> SizeReport {
    let told = try zip(metrics, shortNames(metrics)).flatMap {
      try RunHistory.read($0, title: $1)
    }
    let opened = try reference.map { try $0.open() }
    let compared = try opened.map { try measure($0, progress: progress) }
    var recipe = recipe?.text
    let measured = try models.map { request in
      let model = try request.open()
      let metadata = model.checkpoint.container.metadata
      if models.count == 1, recipe == nil {
        recipe = metadata.last { $0.key == Recipe.metadataKey }?.value
      }
      return try measure(model, against: opened, progress: progress)
    }
    var report = SizeReport(
      measured, against: compared, recipe: recipe, steps: ledger, trainings: trainings + told)
    report.budget = budget
    return report
  }

  /// Reads the files again and runs them on the task, if there is one.
  ///
  /// - Parameter progress: told of the sentences that have been run.
  public func evaluate(_ report: SizeReport, progress: Progress? = nil) throws -> SizeReport {
    guard let task else { return report }
    var report = report
    if let reference { report.reference?.result = try task.run(reference, progress: progress) }
    for (index, model) in models.enumerated() {
      report.models[index].result = try task.run(model, progress: progress)
    }
    return report
  }

  private func measure(
    _ model: Model, against reference: Model? = nil, progress: Progress?
  ) throws -> ModelReport {
    try ModelReport(
      measuring: model.checkpoint, path: model.path, against: reference?.checkpoint,
      tokens: tokens, threads: threads, progress: progress)
  }
}

extension TaskRequest {
  fileprivate func run(_ model: ModelRequest, progress: Progress?) throws -> TaskResult {
    TaskResult(try ModelEvaluation(of: model, on: self).run(progress: progress))
  }
}

extension ModelRequest {
  /// - Throws: ``Failure`` that names the model.
  func open() throws -> Model {
    do {
      return try Model.open(path, format: format, options: reading, besides: folder)
    } catch let failure as Failure {
      throw failure.within(Place(file: path))
    }
  }
}
