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

  /// Runs the only stage of a step that unfreezes nothing by and by, from a model to the output.
  func run(
    _ stages: [TrainingStageRequest], of model: String, _ reading: InputOptions,
    _ running: RunOptions
  ) throws {
    precondition(stages.count == 1)
    let tuning = try FineTuning(request(stages[0], of: model, reading))
    try tuning.conversion(of: tuning.stage.checkpoint).checkOutput()
    if dryRun {
      return Console.writeLine(tuning.planText + "\n" + (try tuning.estimateText()))
    }
    if !running.quiet { Console.note(tuning.planText) }
    let line = RunLine(quiet: running.quiet)
    let result = try tuning.run(observe: line.show, note: line.note)
    line.clear()
    guard !running.quiet else { return }
    for note in result.notes where note.severity != .note || note.code == .densified {
      Console.note(note.line)
    }
    let best = result.best.map {
      ": \(tuning.stage.metricName) \(fixed($0.value, 4)) after \(grouped($0.step)) steps"
    }
    Console.note("wrote \(printable(output))\(best ?? "")")
  }

  private func request(
    _ stage: TrainingStageRequest, of model: String, _ reading: InputOptions
  ) throws -> TrainingRequest {
    var source = ModelRequest(model)
    source.format = reading.format
    source.reading = reading.readOptions
    var request = TrainingRequest(source, stage, output: Destination(argument: output))
    request.elementType = dtype.elementType
    request.format = format
    request.replaces = force
    request.resumes = resume
    request.metrics = metrics
    request.budget = try time.map { try TimeBudget($0) }
    return request
  }
}

extension TaskDetailOptions {
  /// A task, as its options describe it.
  func request(_ path: String) throws -> TaskRequest {
    var request = TaskRequest(path)
    request.split = split
    request.description = try description()
    return request
  }
}
