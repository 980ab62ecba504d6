import Checkpoints
import Tasks
import Tensors
import Training

/// A training as a step of a recipe.
package protocol TrainingStep: Declared {
  /// - Throws: ``Failure`` of usage if arguments contradict one another.
  init(_ arguments: PassArguments) throws

  /// The stages that the step is made of, each on the model that the one before gives.
  ///
  /// - Throws: ``Failure`` of usage if the step needs a task and there is none.
  func stages(in setting: TrainingSetting) throws -> [TrainingStageRequest]
}

/// What the steps of a recipe have in common.
package struct TrainingSetting: Sendable {
  /// What models learn, where a step does not learn of plain text; nil if nothing is said.
  package var task: TaskRequest?
  /// The model that the recipe began with.
  package var input: ModelRequest
  package var threads: Int

  package init(_ input: ModelRequest, task: TaskRequest?, threads: Int) {
    self.input = input
    self.task = task
    self.threads = threads
  }
}

/// The trainings that can be steps of a recipe, in the order in which they are listed.
enum TrainingStepList {
  static let all: [any TrainingStep.Type] = [TrainStep.self, DistillStep.self]
}
