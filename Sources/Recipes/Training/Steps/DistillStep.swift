import Checkpoints
import Tensors
import Training

/// A student learns what a teacher says.
package struct DistillStep: TrainingStep {
  package static let declaration = PassDeclaration(
    name: "distill",
    summary: "Teaches a small model what a large one says, on the CPU.",
    discussion: """
      The student learns from the teacher's logits for the task's train split, and for text without labels (--transfer). \
      Each reads by its own vocabulary: tags are compared word by word; answers, and what happens within the teacher, token by token, which \
      takes the same vocabulary. The teacher runs once, before the student begins; what it said is kept with the run. Layers are not kept: \
      for hidden, attention and embeddings the teacher runs beside the student, each layer of which is held against one of the teacher's: \
      layers=uniform (i of S against (i + 1) T / S, rounded), rosita (the same, rounded down), last (the last ones), or pairs student:teacher \
      counted from 0, as 0:1,1:3. Where the student is narrower a linear map is learned too, and given up. Of a BiLSTM student hidden is what its \
      projection gives, held against one of the teacher's layers (teacher-layer=6; the seventh of twelve, or the like). Without a loss of the \
      head nothing is evaluated, and the last parameters are written. All else is as with train: the best on dev is written, and --resume \
      takes up a run that was killed. In a recipe the student is the model as the steps before have left it, and the teacher, unless one \
      is named, the model that the recipe began with.
      """,
    options: [
      PassOption(
        "teacher", .file,
        "The model that teaches; 'itself' is the model as the step finds it.",
        standard: "that of the beginning")
    ] + learning + TrainingStepOptions.all)

  /// What both the command and the step take, beside a teacher and how a model is trained.
  private static let learning = [
    PassOption(
      "loss", .text,
      "Weights of the losses: hard (labels), soft (cross-entropy of probabilities), kl (at a temperature), logits (mean squared error), logit-p (the same from the logit of probabilities), hidden, attention and embeddings (mean squared errors of layers; layers=, attention-of=scores|probabilities, teacher-layer=).",
      valueName: "losses", standard: "kl=1 temperature=2"),
    PassOption("transfer", .file, "Text without labels to learn from, a line each."),
    PassOption(
      "transfer-limit", .integer(1...1 << 40),
      "Learn from so many lines of it, chosen at random.", standard: "all"),
    PassOption("fresh", .flag, "Begin with random weights of the student's shape."),
    PassOption(
      "unfreeze", .texts,
      "Train what matches the first pattern only, then what matches the second too, and so on, each time over all epochs and from the best of the time before, which stays if nothing is better.",
      valueName: "pattern"),
  ]

  /// The teacher that is the student before the step.
  static let itself = "itself"

  private let arguments: PassArguments
  private let losses: DistillationLosses

  package init(_ arguments: PassArguments) throws {
    self.arguments = arguments
    losses = try DistillationLosses(arguments.text("loss") ?? "kl=1 temperature=2")
    if arguments.text("transfer-limit") != nil, arguments.text("transfer") == nil {
      throw Failure(PassReason.missing(option: "transfer", pass: Self.declaration.name))
    }
    if !arguments.texts("unfreeze").isEmpty, !arguments.texts("freeze").isEmpty {
      throw Failure(PassReason.conflict("unfreeze", "freeze"))
    }
    _ = try TrainingStageRequest(arguments, on: TaskRequest(""), threads: 1)
  }

  package func stages(in setting: TrainingSetting) throws -> [TrainingStageRequest] {
    guard let task = setting.task else {
      throw Failure(TrainingRequestReason.noTask(Self.declaration.name))
    }
    let isItself = arguments.text("teacher") == Self.itself
    var teacher =
      isItself ? setting.input : arguments.text("teacher").map { ModelRequest($0) } ?? setting.input
    teacher.threads = setting.threads
    var distillation = DistillationRequest(teacher, losses)
    distillation.isByItself = isItself
    distillation.transfer = arguments.text("transfer")
    distillation.transferLimit = arguments.integer("transfer-limit")
    var stage = try TrainingStageRequest(arguments, on: task, threads: setting.threads)
    stage.distillation = distillation
    stage.isFresh = arguments.flag("fresh")
    let patterns = arguments.texts("unfreeze")
    guard !patterns.isEmpty else { return [stage] }
    return patterns.indices.map { index in
      var part = stage
      part.isFresh = stage.isFresh && index == 0
      part.unfrozen = Array(patterns[...index])
      part.settings.countsBeginning = !part.isFresh
      return part
    }
  }
}
