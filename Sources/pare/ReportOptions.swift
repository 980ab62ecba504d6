import ArgumentParser
import Recipes
import Reports
import Tensors

/// What a command that compresses says of its result.
struct ReportOptions: ParsableArguments {
  @Option(
    name: .customLong("report"),
    help: ArgumentHelp(
      "Write what the result weighs and how far it is from the input: .md, .json, .html, .txt; '-' is standard output; may be repeated.",
      valueName: "file"))
  var reports: [String] = []

  @Option(
    help: ArgumentHelp(
      "Run the file as written, and the input, on these examples: a file, or a folder with dev and test.",
      valueName: "file-or-folder"))
  var task: String?

  @Option(help: "Which file of the task's folder is read (default: dev, else validation).")
  var split: String?

  @Option(
    help: ArgumentHelp(
      "Tokens of the sequence for which the report counts operations.", valueName: "tokens"))
  var length = 128

  func validate() throws {
    for path in reports where path != "-" && ReportForm(path: path) == nil {
      throw ValidationError("--report takes a file that ends with .md, .json, .html or .txt")
    }
    guard (1...1_000_000).contains(length) else {
      throw ValidationError("--length takes a number from 1")
    }
    if split != nil, task == nil { throw ValidationError("--split goes with --task") }
  }

  /// Whether there is anything to say.
  var isAsked: Bool { !reports.isEmpty || task != nil }

  /// Fails where a report cannot be put, before any work is done.
  func check(replacing: Bool) throws {
    for path in reports where path != "-" {
      try Destination.file(path).check(replacing: replacing, names: [])
    }
  }

  func request(threads: Int) -> CompressionReport {
    var request = CompressionReport()
    request.task = task
    request.split = split
    request.tokens = length
    request.evaluation.threads = threads
    return request
  }

  /// Writes a report to where it was asked for; with none named, to standard output.
  func write(_ report: SizeReport, replacing: Bool) throws {
    for path in reports.isEmpty ? ["-"] : reports {
      let form = ReportForm(path: path) ?? .text
      let text = report.render(as: form)
      if path == "-" {
        Console.writeLine(text)
      } else {
        try ReportFile.write(text, to: .file(path), replacing: replacing)
      }
    }
  }
}
