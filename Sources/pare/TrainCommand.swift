import ArgumentParser
import Checkpoints
import Recipes
import Tasks
import Tensors
import Training

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Fine-tunes a model on a task, on the CPU.",
    discussion: """
      Learns from the task's train split and holds the model against its dev split after each epoch; the parameters \
      that did best are written. Without such a split a tenth of the examples is held back. A model whose head does not \
      fit the task gets a fresh one. The state of a run is kept beside OUT while it is under way: after a kill, --resume \
      goes on and ends with the same bytes as a run that was never stopped.
      """)

  @Argument(help: ArgumentHelp("A model's folder, or its file of weights.", valueName: "model"))
  var model: String

  @OptionGroup var task: TaskOptions
  @OptionGroup var training: TrainingOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("Where the result goes.", valueName: "out"))
  var output: String

  @Option(
    name: .customLong("to"),
    help: ArgumentHelp(
      "Format of the output, where its name is not to decide.", valueName: "format"))
  var format: String?

  @Option(help: ArgumentHelp("Type of the values that are written.", valueName: "type"))
  var dtype: FloatType = .f32

  @Option(
    help: ArgumentHelp(
      "Write loss, rate, speed and evaluations of the run as JSON lines (pare.metrics/1).",
      valueName: "file"))
  var metrics: String?

  @Flag(help: "Show what would be done, and do nothing.")
  var dryRun = false

  @Flag(name: .shortAndLong, help: "Replace an output that exists.")
  var force = false

  @Flag(
    help: "Go on where a run that was killed has stopped, if model, task and options are the same.")
  var resume = false

  @OptionGroup var reading: InputOptions
  @OptionGroup var running: RunOptions

  func run() throws {
    let tuning = try FineTuning(try request())
    try tuning.conversion(of: tuning.checkpoint).checkOutput()
    if dryRun { return Console.writeLine(tuning.planText) }
    if !running.quiet { Console.note(tuning.planText) }
    let line = RunLine(quiet: running.quiet)
    let result = try tuning.run(observe: line.show, note: line.note)
    line.clear()
    guard !running.quiet else { return }
    for note in result.notes where note.severity != .note { Console.note(note.line) }
    let best = result.best.map {
      ": \(tuning.validation.metric.rawValue) \(fixed($0.value, 4)) after \(grouped($0.step)) steps"
    }
    Console.note("wrote \(printable(output))\(best ?? "")")
  }

  private func request() throws -> TrainingRequest {
    var model = ModelRequest(self.model)
    model.format = reading.format
    model.reading = reading.readOptions
    var examples = TaskRequest(task.task)
    examples.split = task.details.split
    examples.description = try task.details.description()
    examples.options.maximumLength = training.maxLength
    var request = TrainingRequest(model, on: examples, output: Destination(argument: output))
    request.trainingSplit = training.trainingSplit
    request.validationShare = training.validation
    request.settings = try training.settings(threads: running.threadCount)
    request.frozen = training.freeze
    request.elementType = dtype.elementType
    request.format = format
    request.replaces = force
    request.resumes = resume
    request.metrics = metrics
    return request
  }
}
