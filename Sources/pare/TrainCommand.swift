import ArgumentParser
import Checkpoints
import Recipes
import Tasks
import Tensors
import Training

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Fine-tunes a model on a task, or on plain text, on the CPU.",
    discussion: """
      Learns from the task's train split and holds the model against its dev split after each epoch; the parameters \
      that did best are written. Without such a split a tenth of the examples is held back. Of plain text (--text) the model learns hidden tokens, as BERT \
      was pre-trained; it is held against the same hidden tokens of --validation-text, or of lines that are held back, and the least loss is the best. A model whose head does not \
      fit the task gets a fresh one. The state of a run is kept beside OUT while it is under way: after a kill, --resume \
      goes on and ends with the same bytes as a run that was never stopped.
      """)

  @Argument(help: ArgumentHelp("A model's folder, or its file of weights.", valueName: "model"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "The examples: a file, or a folder with train, dev and test.", valueName: "file-or-folder"))
  var task: String?

  @Option(
    help: ArgumentHelp("Text to learn hidden tokens of instead, a line each.", valueName: "file"))
  var text: String?

  @Option(
    help: ArgumentHelp(
      "Text that the model is then held against (default: lines that are held back).",
      valueName: "file"))
  var validationText: String?

  @OptionGroup var details: TaskDetailOptions
  @OptionGroup var training: TrainingOptions
  @OptionGroup var result: TrainingOutputOptions
  @OptionGroup var reading: InputOptions
  @OptionGroup var running: RunOptions

  func validate() throws {
    guard (task == nil) != (text == nil) else {
      throw ValidationError("either --task or --text is needed")
    }
    guard text == nil || details.isEmpty else {
      throw ValidationError("--text takes lines, which a task's options do not describe")
    }
    guard validationText == nil || text != nil else {
      throw ValidationError("--validation-text needs --text")
    }
  }

  func run() throws {
    var request = try training.request(
      model, on: task ?? "", details, to: result, reading, running)
    request.stage.text = text.map { path in
      var text = MaskedTextRequest(path)
      text.validation = validationText
      text.maximumLength = training.maxLength
      return text
    }
    try result.run(request, running)
  }
}
