import ArgumentParser
import Recipes
import Tensors
import Training

/// Where what was trained goes, and what is said of the run.
struct TrainingOutputOptions: ParsableArguments {
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

  @Option(
    help: ArgumentHelp(
      "Go through less, so that it takes no longer, as 25m or 1h30m: fewer epochs, then fewer examples.",
      valueName: "time"))
  var time: String?

  @Flag(help: "Show what would be done, and do nothing.")
  var dryRun = false

  @Flag(name: .shortAndLong, help: "Replace an output that exists.")
  var force = false

  @Flag(
    help: "Go on where a run that was killed has stopped, if model, task and options are the same.")
  var resume = false

  func run(_ request: TrainingRequest, _ running: RunOptions) throws {
    let tuning = try FineTuning(request)
    try tuning.conversion(of: tuning.stage.checkpoint).checkOutput()
    if dryRun {
      return Console.writeLine(tuning.planText + "\n" + (try tuning.estimateText()))
    }
    if !running.quiet { Console.note(tuning.planText) }
    let line = RunLine(quiet: running.quiet)
    let result = try tuning.run(observe: line.show, note: line.note)
    line.clear()
    guard !running.quiet else { return }
    for note in result.notes where note.severity != .note { Console.note(note.line) }
    let best = result.best.map {
      ": \(tuning.stage.metricName) \(fixed($0.value, 4)) after \(grouped($0.step)) steps"
    }
    Console.note("wrote \(printable(output))\(best ?? "")")
  }
}

extension TrainingOptions {
  /// What is asked for by all options of a training command together.
  func request(
    _ model: String, on task: TaskOptions, to result: TrainingOutputOptions,
    _ reading: InputOptions, _ running: RunOptions
  ) throws -> TrainingRequest {
    try request(model, on: task.task, task.details, to: result, reading, running)
  }

  func request(
    _ model: String, on task: String, _ details: TaskDetailOptions,
    to result: TrainingOutputOptions, _ reading: InputOptions, _ running: RunOptions
  ) throws -> TrainingRequest {
    var source = ModelRequest(model)
    source.format = reading.format
    source.reading = reading.readOptions
    var examples = TaskRequest(task)
    examples.split = details.split
    examples.description = try details.description()
    examples.options.maximumLength = maxLength
    var request = TrainingRequest(
      source, on: examples, output: Destination(argument: result.output))
    request.stage.trainingSplit = trainingSplit
    request.stage.validationShare = validation
    request.stage.settings = try settings(threads: running.threadCount)
    request.stage.frozen = freeze
    request.stage.compressions = try gradually.map { try GradualPass($0) }
    request.elementType = result.dtype.elementType
    request.format = result.format
    request.replaces = result.force
    request.resumes = result.resume
    request.metrics = result.metrics
    request.budget = try result.time.map { try TimeBudget($0) }
    return request
  }
}
