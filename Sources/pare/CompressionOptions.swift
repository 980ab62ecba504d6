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

  /// Applies a recipe to a model and writes what it gives.
  func run(
    _ recipe: Recipe, on input: String, _ reading: InputOptions, _ running: RunOptions
  ) throws {
    let model = try Model.open(input, format: reading.format, options: reading.readOptions)
    let (compression, notes) = try ProgressBar.during("compressing", quiet: running.quiet) {
      try compress(model, recipe, running, $0)
    }
    if dryRun {
      Console.writeLine(compression.conversion.planText)
    } else if !running.quiet, compression.request.output != .standardOutput {
      Console.note(compression.conversion.summary)
    }
    guard !running.quiet else { return }
    for note in notes { Console.note(note.line) }
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
