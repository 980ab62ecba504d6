import Checkpoints
import Encoders
import Tasks
import Tensors

/// A model on disk that is to be held against a task.
public struct ModelEvaluation: Sendable {
  public var model: ModelRequest
  /// Another model, with which it is compared.
  public var teacher: ModelRequest?
  /// A file, or a folder with a split for each file.
  public var task: String
  public var split: String?
  /// What options say of the task; wins over its task.yaml.
  public var description = TaskDescription()
  public var options = EvaluationOptions()
  /// Where predictions are going to be written; looked at before any work is done.
  public var predictions: Destination?
  /// Whether a file of predictions that exists may be replaced.
  public var replacesPredictions = false

  public init(of model: ModelRequest, on task: String) {
    self.model = model
    self.task = task
  }

  /// What is asked of a task, of a model.
  init(of model: ModelRequest, on task: TaskRequest) {
    self.init(of: model, on: task.path)
    (split, description, options) = (task.split, task.description, task.options)
  }

  /// Reads the task, opens the models from disk, and runs them.
  public func run(progress: Progress? = nil) throws -> Evaluation {
    let task = try Task.read(self.task, split: split, overriding: description)
    let opened = try TaskModel(model, for: task.kind)
    let other = try teacher.map { try TaskModel($0, for: task.kind) }
    try predictions?.check(
      replacing: replacesPredictions, sparing: [opened] + (other.map { [$0] } ?? []),
      [task.path, joinPath(splitPath(task.path).parent, TaskFiles.descriptionName)])
    return try Evaluation(
      of: opened, on: task, against: other, options: options, progress: progress)
  }
}
