import ArgumentParser
import Checkpoints
import Recipes
import Reports
import Tensors

/// What every command that compresses takes: where the result goes.
struct CompressionOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: ArgumentHelp("Where the result goes.", valueName: "out"))
  var output: String

  @Option(
    name: .customLong("to"),
    help: ArgumentHelp(
      "Format of the output, where its name is not to decide.", valueName: "format"))
  var format: String?

  @Flag(help: "Show what would be done, and do nothing.")
  var dryRun = false

  @Flag(name: .shortAndLong, help: "Replace an output that exists.")
  var force = false

  @Flag(help: "Go on where a run that was killed has stopped, if input and recipe are the same.")
  var resume = false

  @Flag(help: "Leave configuration and vocabulary out of an output folder.")
  var noSidecars = false

  @OptionGroup var reporting: ResultReportOptions

  /// Applies a recipe to a model, writes what it gives, and reports on the file as written.
  func run(
    _ recipe: Recipe, on input: String, _ reading: InputOptions, _ running: RunOptions
  ) throws {
    let model = try Model.open(input, format: reading.format, options: reading.readOptions)
    let compression = try ProgressBar.during("measuring", quiet: running.quiet) {
      try Compression(of: model, request: request(recipe, running, $0))
    }
    guard !dryRun else {
      try compression.conversion.checkOutput()
      Console.writeLine(compression.conversion.planText)
      return say(compression.conversion.diagnostics, running)
    }
    let reportRequest = reporting.completed(compression.reportRequest, reading)
    let files = try reporting.files(replacing: force, for: reportRequest)
    let notes = try ProgressBar.during("compressing", quiet: running.quiet) {
      try compression.run(progress: $0)
    }
    if !running.quiet { Console.note(compression.summary) }
    say(notes, running)
    if reporting.isAsked { try report(reportRequest, to: files, running) }
  }

  private func say(_ notes: [Diagnostic], _ running: RunOptions) {
    if running.quiet { return }
    for note in notes { Console.note(note.line) }
  }

  /// Reads the output again; with no file to report to, the report is printed.
  private func report(
    _ request: ReportRequest, to files: [ReportFile], _ running: RunOptions
  ) throws {
    let measured = try ProgressBar.during("weighing", quiet: running.quiet, unit: "values") {
      try request.measure(progress: $0)
    }
    let report = try ProgressBar.during("evaluating", quiet: running.quiet, unit: "sentences") {
      try request.evaluate(measured, progress: $0)
    }
    for file in files { try file.write(report) }
    if files.isEmpty { Console.write(report.render(as: .text)) }
  }

  private func request(
    _ recipe: Recipe, _ running: RunOptions, _ progress: Progress?
  ) -> CompressionRequest {
    CompressionRequest(
      recipe, output: Destination(argument: output), format: format,
      carriesSidecars: !noSidecars, replaces: force, resumes: resume,
      threads: running.threadCount, progress: progress)
  }
}
