import ArgumentParser
import Checkpoints
import Recipes
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

  @OptionGroup var reporting: ReportOptions

  /// Applies a recipe to a model, writes what it gives, and reports on the file as written.
  func run(
    _ recipe: Recipe, on input: String, _ reading: InputOptions, _ running: RunOptions
  ) throws {
    let model = try Model.open(input, format: reading.format, options: reading.readOptions)
    try reporting.check(replacing: force)
    let (compression, notes) = try ProgressBar.during("compressing", quiet: running.quiet) {
      try compress(model, recipe, running, $0)
    }
    if dryRun {
      Console.writeLine(compression.conversion.planText)
    } else if !running.quiet, compression.request.output != .standardOutput {
      Console.note(compression.summary)
    }
    if !running.quiet {
      for note in notes { Console.note(note.line) }
    }
    guard reporting.isAsked, !dryRun else { return }
    let report = try ProgressBar.during("measuring", quiet: running.quiet) {
      try compression.report(reporting.request(threads: running.threadCount), progress: $0)
    }
    try reporting.write(report, replacing: force)
  }

  private func compress(
    _ model: Model, _ recipe: Recipe, _ running: RunOptions, _ progress: Progress?
  ) throws -> (Compression, [Diagnostic]) {
    let compression = try Compression(
      of: model,
      request: CompressionRequest(
        recipe, output: Destination(argument: output), format: format,
        carriesSidecars: !noSidecars, replaces: force, resumes: resume,
        threads: running.threadCount,
        progress: progress))
    guard !dryRun else {
      try compression.conversion.checkOutput()
      return (compression, compression.conversion.diagnostics)
    }
    return (compression, try compression.run())
  }
}
