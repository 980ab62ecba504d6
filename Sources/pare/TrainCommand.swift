import ArgumentParser
import Checkpoints
import Recipes
import Tasks
import Tensors
import Training

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: TrainStep.declaration.name, abstract: TrainStep.declaration.summary,
    discussion: TrainStep.declaration.discussion)

  @Argument(help: ArgumentHelp("A model's folder, or its file of weights.", valueName: "model"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "The examples: a file, or a folder with train, dev and test.", valueName: "file-or-folder"))
  var task: String?

  @OptionGroup var details: TaskDetailOptions
  @OptionGroup(title: "Options of the training") var options: DeclaredOptions<TrainStep>
  @OptionGroup var result: TrainingOutputOptions
  @OptionGroup var reading: InputOptions
  @OptionGroup var running: RunOptions

  func run() throws {
    let arguments = try options.arguments
    let isText = arguments.text("text") != nil
    guard (task == nil) == isText else {
      throw ValidationError("either --task or --text is needed")
    }
    guard !isText || details.isEmpty else {
      throw ValidationError("--text takes lines, which a task's options do not describe")
    }
    let setting = TrainingSetting(
      ModelRequest(model), task: try task.map(details.request), threads: running.threadCount)
    try result.run(
      try TrainStep(arguments).stages(in: setting), of: model, reading, running)
  }
}
