import ArgumentParser
import Recipes
import Reports
import Tasks
import Tensors

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Runs a model on a task: accuracy of the file as written, throughput, latency.",
    discussion: """
      The MODEL's folder must hold its vocabulary. The task is a file of examples, or a folder with a \
      file for each split: GLUE's TSV, CSV, CoNLL, SQuAD's JSON, JSON lines. What its files do not \
      show, a task.yaml beside them says, or options of the same names.
      """)

  @Argument(help: ArgumentHelp("A model's folder, or its file of weights.", valueName: "model"))
  var model: String

  @OptionGroup var task: TaskOptions
  @OptionGroup var computing: ComputeOptions

  @Option(
    help: ArgumentHelp(
      "Compare with another model, run exactly as its folder says: agreement, KL divergence, score error, embedding cosine.",
      valueName: "model"))
  var against: String?

  @Option(
    name: .customLong("min"),
    help: ArgumentHelp("End with exit code 1 if the metric is below this.", valueName: "value"))
  var minimum: Double?

  @Option(
    help: ArgumentHelp(
      "Write the prediction for each example; '-' is standard output.", valueName: "file"))
  var predictions: String?

  @Option(
    help: ArgumentHelp(
      "How many sentences are timed one at a time; 0 for none.", valueName: "count"))
  var latencySentences = 100

  @Flag(name: .shortAndLong, help: "Replace a file of predictions that exists.")
  var force = false

  @Flag(help: "Print JSON (pare.evaluate/1).")
  var json = false

  @OptionGroup var reading: InputOptions
  @OptionGroup var running: RunOptions

  func validate() throws {
    guard latencySentences >= 0 else {
      throw ValidationError("--latency-sentences takes a number from 0")
    }
    if let minimum, !minimum.isFinite {
      throw ValidationError("--min takes a finite number")
    }
    if json, predictions == "-" {
      throw ValidationError("--json and --predictions - cannot both have standard output")
    }
  }

  func run() throws {
    let evaluation = try ProgressBar.during(
      "evaluating", quiet: running.quiet, unit: "sentences"
    ) { try request().run(progress: $0) }
    if let destination {
      try PredictionFile.write(evaluation, to: destination, replacing: force)
    }
    if json {
      Console.writeLine(evaluation.json.text())
    } else if predictions != "-" {
      Console.writeLine(evaluation.text(showsNotes: !running.quiet))
    }
    if let minimum { try evaluation.check(minimum: minimum) }
  }

  private var destination: Destination? {
    predictions.map { $0 == "-" ? .standardOutput : .file($0) }
  }

  private func request() throws -> ModelEvaluation {
    var request = ModelEvaluation(
      of: computing.request(model, reading, threads: running.threadCount), on: task.task)
    request.teacher = against.map { path in
      var teacher = ModelRequest(path)
      teacher.threads = running.threadCount
      return teacher
    }
    request.predictions = destination
    request.replacesPredictions = force
    request.split = task.details.split
    request.description = try task.details.description()
    request.options.batchSize = computing.batchSize
    request.options.threads = running.threadCount
    request.options.maximumLength = computing.maxLength
    request.options.latencySentences = latencySentences
    return request
  }
}
