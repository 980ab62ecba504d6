import Checkpoints
import Tensors
import Training

/// A model that is about to be trained: on what, how long, and by which measure.
package protocol ModelTraining {
  var model: Model { get }
  /// With the head that is trained.
  var checkpoint: Checkpoint { get }
  /// What is going to be done, for people.
  var planText: String { get }
  /// The name of what is measured on examples that are not learned from.
  var metricName: String { get }

  /// How long the training is going to take on this machine, from a few steps that are made and forgotten.
  func estimatedSeconds() throws -> Double

  /// Trains, and keeps what is needed to go on in a folder.
  ///
  /// - Parameters:
  ///   - context: what else the run depends on.
  ///   - observe: told after each step how far the run has got.
  ///   - note: told of each evaluation.
  ///   - elementType: of the values that come of it.
  /// - Returns: the model with the parameters that did best, and how well.
  func run(
    in folder: RunFolder, resumes: Bool, context: String, elementType: ElementType,
    observe: ((RunProgress) -> Void)?, note: ((String) -> Void)?
  ) throws -> (checkpoint: Checkpoint, best: (value: Double, step: Int)?)
}

extension TrainingStage: ModelTraining {
  package var metricName: String { validation.metric.rawValue }
}

extension TrainingStageRequest {
  /// Reads what the stage is about.
  ///
  /// - Throws: ``Failure`` if it cannot be read, does not fit the model, or there is nothing to learn.
  func training(of model: Model) throws -> any ModelTraining {
    if let text { return try MaskedTrainingStage(text, self, of: model) }
    return try TrainingStage(self, of: model)
  }
}
