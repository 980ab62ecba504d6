import ArgumentParser
import Recipes
import Tensors
import Training

struct DistillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "distill",
    abstract: "Teaches a small model what a large one says, on the CPU.",
    discussion: """
      The student learns from the teacher's logits for the task's train split, and for text without labels (--transfer). \
      Each reads by its own vocabulary: tags are compared word by word; answers, and what happens within the teacher, token by token, which \
      takes the same vocabulary. The teacher runs once, before the student begins; what it said is kept with the run. Layers are not kept: \
      for hidden, attention and embeddings the teacher runs beside the student, each layer of which is held against one of the teacher's: \
      layers=uniform (i of S against (i + 1) T / S, rounded), rosita (the same, rounded down), last (the last ones), or pairs student:teacher \
      counted from 0, as 0:1,1:3. Where the student is narrower a linear map is learned too, and given up. Of a BiLSTM student hidden is what its \
      projection gives, held against one of the teacher's layers (teacher-layer=6; the seventh of twelve, or the like). Without a loss of the \
      head nothing is evaluated, and the last parameters are written. All else is as with train: the best on dev is written, and --resume \
      takes up a run that was killed.
      """)

  @Argument(
    help: ArgumentHelp(
      "A model that does the task: a folder, or a file of weights.", valueName: "teacher"))
  var teacher: String

  @Option(
    help: ArgumentHelp("The model that learns: a folder, or a file of weights.", valueName: "model")
  )
  var student: String

  @Flag(help: "Begin with random weights of the student's shape.")
  var fresh = false

  @Option(
    name: .customLong("loss"),
    help: ArgumentHelp(
      "Weights of the losses: hard (labels), soft (cross-entropy of probabilities), kl (at a temperature), logits (mean squared error), logit-p (the same from the logit of probabilities), hidden, attention and embeddings (mean squared errors of layers; layers=, attention-of=scores|probabilities, teacher-layer=).",
      valueName: "losses"))
  var losses = "kl=1 temperature=2"

  @Option(help: ArgumentHelp("Text without labels to learn from, a line each.", valueName: "file"))
  var transfer: String?

  @Option(
    help: ArgumentHelp("Learn from so many lines of it, chosen at random.", valueName: "count"))
  var transferLimit: Int?

  @OptionGroup var task: TaskOptions
  @OptionGroup var training: TrainingOptions
  @OptionGroup var result: TrainingOutputOptions
  @OptionGroup var reading: InputOptions
  @OptionGroup var running: RunOptions

  func validate() throws {
    guard transferLimit.map({ $0 > 0 }) ?? true else {
      throw ValidationError("--transfer-limit takes a number from 1")
    }
    if transferLimit != nil, transfer == nil {
      throw ValidationError("--transfer-limit needs --transfer")
    }
  }

  func run() throws {
    var request = try training.request(student, on: task, to: result, reading, running)
    var teacher = ModelRequest(self.teacher)
    teacher.threads = running.threadCount
    var distillation = DistillationRequest(teacher, try DistillationLosses(losses))
    distillation.transfer = transfer
    distillation.transferLimit = transferLimit
    request.stage.distillation = distillation
    request.stage.isFresh = fresh
    try result.run(request, running)
  }
}
