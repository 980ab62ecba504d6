import ArgumentParser
import Checkpoints
import Recipes
import Tensors
import Training

struct DistillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: Learning.declaration.name, abstract: Learning.declaration.summary,
    discussion: Learning.declaration.discussion)

  /// What the step of a recipe declares, but for the teacher, which is the command's argument, and stages, of which a command has one.
  enum Learning: Declared {
    static let declaration: PassDeclaration = {
      var declaration = DistillStep.declaration
      declaration.options.removeAll { ["teacher", "unfreeze"].contains($0.name) }
      return declaration
    }()
  }

  @Argument(
    help: ArgumentHelp(
      "A model that does the task: a folder, or a file of weights.", valueName: "teacher"))
  var teacher: String

  @Option(
    help: ArgumentHelp("The model that learns: a folder, or a file of weights.", valueName: "model")
  )
  var student: String

  @OptionGroup var task: TaskOptions
  @OptionGroup(title: "Options of the training") var options: DeclaredOptions<Learning>
  @OptionGroup var result: TrainingOutputOptions
  @OptionGroup var reading: InputOptions
  @OptionGroup var running: RunOptions

  func run() throws {
    let arguments = try PassArguments(
      of: DistillStep.declaration, options.arguments.values.map { ($0.option, $0.values) })
    let setting = TrainingSetting(
      ModelRequest(teacher), task: try task.details.request(task.task),
      threads: running.threadCount)
    try result.run(
      try DistillStep(arguments).stages(in: setting), of: student, reading, running)
  }
}
