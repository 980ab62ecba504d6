import ArgumentParser
import Recipes
import Tensors
import Training

struct CalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract:
      "Finds out what a model's linears are fed and which weights matter, for --statistics of passes.",
    discussion: """
      Lets the model read text, a line each, or the texts of a task, and writes a file of statistics: the second moments and means of \
      what every linear is fed (inputs), how far the model's scores move with what every linear and the table of words give (sensitivity), the mean squared derivative of the loss by every weight (fisher), and the derivatives of each text's loss by \
      masks of heads and neurons (masks). Frequencies of tokens, of all of the text, are always there. Losses are against labels drawn \
      from what the model predicts, or against the task's own with --labels. The file names the model, and passes refuse it for another.
      """)

  @Argument(
    help: ArgumentHelp("A file, an index of shards, or a model's folder.", valueName: "model"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "Text to read, a line each; or a task: a file of examples, or a folder, of which the train split is read.",
      valueName: "text"))
  var calibration: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where the statistics go: NAME.statistics.safetensors.", valueName: "file"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "What is measured: inputs, fisher, masks or sensitivity; may be repeated (default: inputs).",
      valueName: "measure"))
  var measure: [CalibrationMeasure] = []

  @Option(
    help: ArgumentHelp("Read so many texts, chosen at random; 0 for all.", valueName: "count"))
  var examples = 512

  @Option(
    help: ArgumentHelp(
      "More text, or a task, of which words are counted but nothing else is measured; may be repeated.",
      valueName: "text"))
  var frequencies: [String] = []

  @Flag(help: "Take the task's labels instead of drawing them from what the model predicts.")
  var labels = false

  @Option(
    help: ArgumentHelp("Cut sequences to this many tokens (default: 128).", valueName: "tokens"))
  var maxLength: Int?

  @Option(help: ArgumentHelp("Of everything random: a run's results are its.", valueName: "number"))
  var seed: UInt64 = 42

  @Flag(name: .shortAndLong, help: "Replace an output that exists.")
  var force = false

  @OptionGroup var reading: InputOptions
  @OptionGroup var running: RunOptions

  func validate() throws {
    guard examples >= 0 else { throw ValidationError("--examples takes a number from 0") }
    guard maxLength.map({ $0 > 2 }) ?? true else {
      throw ValidationError("--max-length takes a number from 3")
    }
  }

  func run() throws {
    let calibration = try ModelCalibration(request())
    let summary = try ProgressBar.during("calibrating", quiet: running.quiet, unit: "texts") {
      try calibration.run(to: output, replacing: force, progress: $0)
    }
    guard !running.quiet else { return }
    for note in summary.notes { Console.note(note.line) }
    Console.note(
      "wrote \(printable(output)): \(grouped(summary.examples)) texts, \(grouped(summary.tokens)) tokens"
    )
  }

  private func request() -> CalibrationRequest {
    var source = ModelRequest(model)
    source.format = reading.format
    source.reading = reading.readOptions
    source.threads = running.threadCount
    var request = CalibrationRequest(.init(calibration), of: source)
    request.settings = CalibrationSettings(measure.isEmpty ? [.inputs] : Set(measure))
    request.settings.seed = seed
    request.settings.threads = running.threadCount
    request.limit = examples == 0 ? nil : examples
    request.maximumLength = maxLength
    request.frequencies = frequencies
    request.usesLabels = labels
    request.seed = seed
    return request
  }
}

extension CalibrationMeasure: ExpressibleByArgument {}
