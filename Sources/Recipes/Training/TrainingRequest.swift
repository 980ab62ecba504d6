import Checkpoints
import Tasks
import Tensors
import Training

/// Whom a model learns from, and what of.
package struct DistillationRequest: Sendable {
  package var teacher: ModelRequest
  /// Whether the teacher is what the student was before its step of a recipe; `teacher` stands for it as long as that is not made.
  package var isByItself = false
  package var losses: DistillationLosses
  /// A file of text without labels, a line each.
  package var transfer: String?
  /// How many of its lines are learned from; nil for all.
  package var transferLimit: Int?

  package init(_ teacher: ModelRequest, _ losses: DistillationLosses) {
    self.teacher = teacher
    self.losses = losses
  }
}

/// A stage of training: on what a model learns, how, and from whom.
package struct TrainingStageRequest: Sendable {
  /// A folder with a split for each file, or the file of examples.
  package var task: TaskRequest
  /// Plain text of which hidden tokens are learned instead; nil for the task.
  package var text: MaskedTextRequest?
  /// The split that is learned from, where the task is a folder.
  package var trainingSplit = "train"
  /// Which of the examples are held back, where there is no split for evaluations.
  package var validationShare = 0.1
  package var settings = TrainingSettings()
  /// How many of the task's examples are learned from; nil for all.
  package var exampleLimit: Int?
  /// How many copies of each text are learned from beside it, words in them replaced by their neighbours in the embeddings of the teacher, or
  /// of the model itself.
  package var copies = 0
  /// Finds what stands in the place of a word of one token in a copy; nil for neighbours alone.
  package var maskedModel: ModelRequest?
  /// The share of all sequences that is learned from, those of transfer text among them.
  package var exampleShare = 1.0
  /// Parameters that stay as they are.
  package var frozen = [String]()
  /// Those that alone are trained; empty for all.
  package var unfrozen = [String]()
  /// What the model learns from beside labels; nil for labels alone.
  package var distillation: DistillationRequest?
  /// Where what the teacher says is kept, for stages that learn the same; nil for the run's own folder.
  package var teacherFolder: String?
  /// Begins with random parameters of the model's shape.
  package var isFresh = false
  /// What is done to the model on the way.
  package var compressions: [GradualPass] = []

  package init(on task: TaskRequest) { self.task = task }
}

/// What to train, how, and where the result goes.
package struct TrainingRequest: Sendable {
  package var model: ModelRequest
  package var stage: TrainingStageRequest
  /// What floating-point values are written as.
  package var elementType = ElementType.f32
  package var output: Destination
  package var format: String?
  package var replaces = false
  package var resumes = false
  /// How long it may take; nil for as long as it does.
  package var budget: TimeBudget?
  /// A copy of the run's metrics; nil for none.
  package var metrics: String?

  package init(_ model: ModelRequest, _ stage: TrainingStageRequest, output: Destination) {
    self.model = model
    self.stage = stage
    self.output = output
  }

  /// Where the run's state lies while it is under way.
  package var folder: String { output.runFolder }
}
