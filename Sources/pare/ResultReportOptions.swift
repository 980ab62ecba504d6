import ArgumentParser
import Recipes
import Reports
import Tensors

/// What a command that compresses says of its result.
struct ResultReportOptions: ParsableArguments {
  @Option(
    name: .customLong("report"),
    help: ArgumentHelp(
      "Write what the result weighs and how far it is from the input: .html, .md, .json, .txt; may be repeated.",
      valueName: "file"))
  var reports: [String] = []

  @Option(
    help: ArgumentHelp(
      "Run the file as written, and the input, on these examples: a file, or a folder with dev and test; trainings of a recipe learn from its train split.",
      valueName: "file-or-folder"))
  var task: String?

  @Option(help: "Which file of the task's folder is read (default: dev, else validation).")
  var split: String?

  @Option(
    help: ArgumentHelp(
      "The length of the sequence for which a report counts operations.", valueName: "tokens"))
  var length = 128

  func validate() throws {
    guard (1...1_000_000).contains(length) else {
      throw ValidationError("--length takes a number from 1 to 1000000")
    }
    if split != nil, task == nil { throw ValidationError("--split goes with --task") }
  }

  /// Whether there is anything to say.
  var isAsked: Bool { !reports.isEmpty || task != nil }

  /// The files that reports go into; those that cannot be put where they should are found out here.
  func files(replacing: Bool, for request: ReportRequest) throws -> [ReportFile] {
    let files = try reports.map { try ReportFile($0, replacing: replacing) }
    for file in files { try file.check(for: request) }
    return files
  }

  /// A request for a report with what these options ask for.
  func completed(_ request: ReportRequest, _ reading: InputOptions) -> ReportRequest {
    var request = request
    request.tokens = length
    request.reference?.format = reading.format
    request.reference?.reading = reading.readOptions
    request.task = taskRequest(threads: request.threads)
    return request
  }

  func taskRequest(threads: Int) -> TaskRequest? {
    task.map { path in
      var task = TaskRequest(path)
      task.split = split
      task.options.threads = threads
      return task
    }
  }
}
