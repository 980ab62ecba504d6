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

  @Option(
    help: ArgumentHelp(
      "Let the trainings of a recipe go through less, so that they take no longer together, as 25m or 1h30m.",
      valueName: "time"))
  var time: String?

  @OptionGroup var reporting: ResultReportOptions

  /// Applies a recipe to a model, writes what it gives, and reports on the file as written.
  ///
  /// - Parameter plan: how the recipe was found, where it brings the model down to a size.
  func run(
    _ recipe: Recipe, on input: String, _ reading: InputOptions, _ running: RunOptions,
    plan: BudgetReport? = nil
  ) throws {
    try run(on: input, reading, running, plan: plan) { _, _ in recipe }
  }

  /// The same with a recipe that depends on the model and the task.
  func run(
    on input: String, _ reading: InputOptions, _ running: RunOptions, plan: BudgetReport? = nil,
    _ recipe: (Model, TaskRequest?) throws -> Recipe
  ) throws {
    let model = try Model.open(input, format: reading.format, options: reading.readOptions)
    let recipe = try recipe(model, reporting.taskRequest(threads: running.threadCount))
    if recipe.trains { return try train(recipe, model, reading, running) }
    let compression = try ProgressBar.during("measuring", quiet: running.quiet) {
      var request = request(recipe, running, $0)
      request.plan = plan
      request.keepsStatistics = !dryRun
      return try Compression(of: model, request: request)
    }
    guard !dryRun else {
      try compression.conversion.checkOutput()
      Console.writeLine(compression.conversion.planText)
      return say(compression.conversion.diagnostics, running)
    }
    try write(compression, reading, running)
  }

  /// Writes what the last passes give, and reports on it.
  private func write(
    _ compression: Compression, _ reading: InputOptions, _ running: RunOptions
  ) throws {
    let reportRequest = reporting.completed(compression.reportRequest, reading)
    let files = try reporting.files(replacing: force, for: reportRequest)
    let notes = try ProgressBar.during("compressing", quiet: running.quiet) {
      try compression.run(progress: $0)
    }
    if !running.quiet { Console.note(compression.summary) }
    say(notes, running)
    if reporting.isAsked { try report(reportRequest, to: files, running) }
  }

  /// Does the steps of a recipe that trains, one after the other.
  private func train(
    _ recipe: Recipe, _ model: Model, _ reading: InputOptions, _ running: RunOptions
  ) throws {
    var request = request(recipe, running, nil)
    request.task = reporting.taskRequest(threads: running.threadCount)
    var source = ModelRequest(model.path)
    source.format = reading.format
    source.reading = reading.readOptions
    request.input = source
    request.budget = try time.map { try TimeBudget($0) }
    let staged = try StagedCompression(of: model, request: request)
    try staged.checkOutput()
    if dryRun { return Console.writeLine(try staged.planText()) }
    let line = RunLine(quiet: running.quiet)
    let compression = try staged.run(
      announce: line.announce, observe: line.show, note: line.note)
    line.clear()
    try write(compression, reading, running)
    staged.finish()
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
