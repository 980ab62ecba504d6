import Checkpoints
import Tensors
import Training

/// Fine-tuning on a task, or learning hidden tokens of plain text.
package struct TrainStep: TrainingStep {
  package static let declaration = PassDeclaration(
    name: "train",
    summary: "Fine-tunes a model on a task, on the CPU.",
    discussion: """
      Learns from the task's train split and holds the model against its dev split after each epoch; the parameters \
      that did best are written. Without such a split a tenth of the examples is held back. A model whose head does not \
      fit the task gets a fresh one. With --text instead of --task it learns the hidden tokens of plain text (masked-language \
      modelling), and the least loss on text that is held back is the best. The state of a run is kept beside OUT while it is under way: after a kill, \
      --resume goes on and ends with the same bytes as a run that was never stopped.
      """,
    options: [
      PassOption("text", .file, "Text to learn hidden tokens of instead of a task, a line each."),
      PassOption(
        "validation-text", .file, "Text that the model is then held against.",
        standard: "lines that are held back"),
    ] + TrainingStepOptions.all)

  private let arguments: PassArguments

  package init(_ arguments: PassArguments) throws {
    self.arguments = arguments
    if arguments.text("validation-text") != nil, arguments.text("text") == nil {
      throw Failure(PassReason.missing(option: "text", pass: Self.declaration.name))
    }
    _ = try TrainingStageRequest(arguments, on: TaskRequest(""), threads: 1)
  }

  package func stages(in setting: TrainingSetting) throws -> [TrainingStageRequest] {
    guard let path = arguments.text("text") else {
      guard let task = setting.task else {
        throw Failure(TrainingRequestReason.noTask(Self.declaration.name))
      }
      return [try TrainingStageRequest(arguments, on: task, threads: setting.threads)]
    }
    var text = MaskedTextRequest(path)
    text.validation = arguments.text("validation-text")
    text.maximumLength = arguments.integer("max-length")
    var stage = try TrainingStageRequest(
      arguments, on: TaskRequest(""), threads: setting.threads)
    stage.text = text
    return [stage]
  }
}
