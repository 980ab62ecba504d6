import Checkpoints
import Reports
import Tasks
import Tensors

/// What is to be said of a compressed model.
public struct CompressionReport: Sendable {
  /// A file or folder of examples, on which the file as written and the original are run.
  public var task: String?
  public var split: String?
  public var evaluation = EvaluationOptions()
  /// The length of the sequence for which operations are counted.
  public var tokens = 128

  public init() {}
}

extension Compression {
  /// Reads the output again and holds it against the input: sizes, errors, and how good both are at a task.
  ///
  /// Call it when the output is in its place.
  ///
  /// - Throws: ``Failure`` if the output is not a file or folder, or the task cannot be run.
  public func report(
    _ report: CompressionReport, progress: Progress? = nil
  ) throws -> SizeReport {
    let threads = request.threads
    let written = try Model.open(request.output.path, besides: sidecarFolder)
    var result = try ModelReport(
      measuring: written.checkpoint, path: request.output.path, against: model.checkpoint,
      tokens: report.tokens, threads: threads, progress: progress)
    var original = try ModelReport(
      measuring: model.checkpoint, path: model.path, tokens: report.tokens, threads: threads,
      progress: progress)
    if let task = try report.task.map({ try Task.read($0, split: report.split) }) {
      original.result = try evaluate(
        ModelRequest(model.path), on: task, report.evaluation, progress)
      result.result = try evaluate(
        ModelRequest(request.output.path), on: task, report.evaluation, progress)
    }
    return SizeReport([result], against: original, recipe: request.recipe.text, steps: ledger)
  }

  private func evaluate(
    _ model: ModelRequest, on task: Task, _ options: EvaluationOptions, _ progress: Progress?
  ) throws -> TaskResult {
    var model = model
    model.threads = request.threads
    model.folder = sidecarFolder
    let opened = try TaskModel(model, for: task.kind)
    return TaskResult(try Evaluation(of: opened, on: task, options: options, progress: progress))
  }

  /// Where the configuration and vocabulary of an output lie that is one file: beside the input.
  private var sidecarFolder: String? {
    request.output.isForFolder ? nil : model.folder
  }
}
