import Checkpoints
import Formats
import Tensors
import Training

/// A stage of training as a command of its own: from a model to an output.
package struct FineTuning {
  package let request: TrainingRequest
  package let stage: any ModelTraining
  /// What is gone through in the time that there is; nil where nothing limits it.
  private let portion: TrainingPortion?
  private let wholeSeconds: Double?

  /// Opens the model and reads the task, or the text.
  ///
  /// - Throws: ``Failure`` if either cannot be read, they do not fit, or there is nothing to learn.
  package init(_ request: TrainingRequest) throws {
    self.request = request
    let model = try Model.open(
      request.model.path, format: request.model.format, options: request.model.reading)
    guard let budget = request.budget else {
      stage = try request.stage.training(of: model)
      (portion, wholeSeconds) = (nil, nil)
      return
    }
    let own: TrainingPortion
    if request.resumes {
      own = try PortionFile.read(in: request.folder, count: 1)[0]
      wholeSeconds = nil
    } else {
      let whole = try request.stage.training(of: model).estimatedSeconds()
      own = budget.portions(of: [(request.stage.settings.epochs, whole)])[0]
      wholeSeconds = whole
    }
    portion = own
    stage = try request.stage.taking(own).training(of: model)
  }

  /// What is going to be done, for people.
  package var planText: String {
    guard let portion else { return stage.planText }
    let whole = wholeSeconds.map { ", where all would take about \(durationText($0))" } ?? ""
    return stage.planText + "\n  in the time that there is, \(portion.text)\(whole)"
  }

  /// How long it is going to take here, for people.
  package func estimateText() throws -> String {
    "  about \(durationText(try stage.estimatedSeconds())) on this machine"
  }

  /// Trains, keeps the best, writes it, and removes the run's folder.
  ///
  /// - Parameters:
  ///   - observe: told after each step how far the run has got.
  ///   - note: told of each evaluation.
  /// - Returns: the best evaluation, and what the user should know of the output.
  package func run(
    observe: ((RunProgress) -> Void)? = nil, note: ((String) -> Void)? = nil
  ) throws -> (best: (value: Double, step: Int)?, notes: [Diagnostic]) {
    let folder = try RunFolder(
      request.folder, format: SafetensorsFormat(), resumes: request.resumes,
      threads: request.stage.settings.threads)
    do {
      if let portion { try PortionFile.write([portion], in: folder.path) }
      let result = try stage.run(
        in: folder, resumes: request.resumes, context: "", elementType: request.elementType,
        observe: observe, note: note)
      let notes = try conversion(of: result.checkpoint).run(progress: nil)
      if let path = request.metrics { try folder.keepMetrics(at: path) }
      folder.remove()
      return (result.best, notes)
    } catch {
      // What cannot be taken up is of no use.
      if !RunFolder.canResume(folder.path) { folder.remove() }
      throw error
    }
  }

  /// How the result is written: under the usual names, since a fresh head has none of its own.
  package func conversion(of checkpoint: Checkpoint) throws -> Conversion {
    try Conversion(
      of: stage.model.holding(checkpoint),
      request: ConversionRequest(
        output: request.output, format: request.format, selection: try Selection(),
        allowsUnmapped: true, replaces: request.replaces,
        writing: WriteOptions(threads: request.stage.settings.threads)))
  }
}
