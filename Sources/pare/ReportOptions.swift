import ArgumentParser
import Recipes
import Tensors

/// What commands take that weigh models and may hold them against a task.
struct ReportOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Read the files again and run them on these examples: a file, or a folder with train, dev and test.",
      valueName: "file-or-folder"))
  var task: String?

  @Option(
    help: ArgumentHelp(
      "The length of the sequence for which operations are counted.", valueName: "tokens"))
  var length = 128

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write the report into a file; its ending says the form: .html, .md, .json, .txt.",
      valueName: "file"))
  var output: String?

  @Flag(name: .shortAndLong, help: "Replace a report that exists.")
  var force = false

  @Option(
    help: ArgumentHelp(
      "How many sentences are timed one at a time; 0 for none.", valueName: "count"))
  var latencySentences = 100

  @OptionGroup var details: TaskDetailOptions
  @OptionGroup var computing: ComputeOptions
  @OptionGroup var reading: InputOptions
  @OptionGroup var running: RunOptions

  func validate() throws {
    guard (1...1_000_000).contains(length) else {
      throw ValidationError("--length takes a number from 1 to 1000000")
    }
    guard latencySentences >= 0 else {
      throw ValidationError("--latency-sentences takes a number from 0")
    }
  }

  /// The file that the report goes into; nil for standard output.
  func file() throws -> ReportFile? {
    try output.map { try ReportFile($0, replacing: force) }
  }

  func request(_ models: [String], against reference: String? = nil) throws -> ReportRequest {
    let threads = running.threadCount
    var request = ReportRequest(
      models.map { computing.request($0, reading, threads: threads) },
      against: reference.map { path in
        var request = computing.request(path, reading, threads: threads)
        request.format = nil
        return request
      })
    request.tokens = length
    request.threads = threads
    request.task = try task.map(taskRequest)
    return request
  }

  private func taskRequest(_ path: String) throws -> TaskRequest {
    var request = TaskRequest(path)
    request.split = details.split
    request.description = try details.description()
    request.options.batchSize = computing.batchSize
    request.options.threads = running.threadCount
    request.options.maximumLength = computing.maxLength
    request.options.latencySentences = latencySentences
    return request
  }
}
