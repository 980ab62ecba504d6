import ArgumentParser
import Recipes
import Reports
import Tensors

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Weighs models: bytes by component, bits per weight, sparsity, error, accuracy.",
    discussion: """
      Reads all data. Bits per weight are 8 times the bytes of the weights' files, divided by the parameters \
      at dense size: factors count as the matrix that they make, masked weights are included, ties count once. \
      The bound is the order-0 Shannon bound of what is stored: the entropy of masks, codes and integers by value, of \
      floating-point numbers byte by byte with the exponent apart. Sparsity is the share of zeros among the \
      numbers that values are made of. Errors are against the model of --against: the relative Frobenius norm of the \
      difference, and the greatest difference of one weight. Operations are two for each product with a stored \
      weight and for each of attention's. With --task the files are read again and run. With --metrics pages show \
      a training's loss, evaluations and learning rate as curves, the other forms where they began and ended.
      """)

  @Argument(help: ArgumentHelp("Files or folders to weigh.", valueName: "model"))
  var models: [String]

  @Option(
    help: ArgumentHelp(
      "The model before compression: sizes beside its own, and errors of each tensor.",
      valueName: "model"))
  var against: String?

  @Option(
    help: ArgumentHelp(
      "What a training noted of itself, as train and distill write it with --metrics; may be repeated.",
      valueName: "file"))
  var metrics: [String] = []

  @Flag(help: "A line for each tensor, in text and Markdown; the other forms have them always.")
  var tensors = false

  @Flag(help: "Print JSON (pare.report/1).")
  var json = false

  @OptionGroup var options: ReportOptions

  func run() throws {
    var request = try options.request(models, against: against)
    request.metrics = metrics
    let file = try options.file()
    try file?.check(for: request)
    var report = try ProgressBar.during(
      "weighing", quiet: options.running.quiet, unit: "values"
    ) { try request.measure(progress: $0) }
    report = try ProgressBar.during(
      "evaluating", quiet: options.running.quiet, unit: "sentences"
    ) { try request.evaluate(report, progress: $0) }
    report.listsTensors = tensors
    if let file {
      try file.write(report)
    } else {
      Console.write(json ? report.json.text() + "\n" : report.render(as: .text))
    }
  }

  func validate() throws {
    if json, options.output != nil {
      throw ValidationError("--json prints; a file's form is said by its ending")
    }
  }
}
