import ArgumentParser
import Encoders
import Recipes
import Tasks

/// A task that a model is to be held against.
struct TaskOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The examples: a file, or a folder with train, dev and test.", valueName: "file-or-folder"))
  var task: String

  @OptionGroup var details: TaskDetailOptions
}

/// What a task's files do not show; the same may stand in a task.yaml beside them.
struct TaskDetailOptions: ParsableArguments {
  @Option(
    help: "Which file of a folder is read (default: dev, else validation; to augment: train).")
  var split: String?

  @Option(help: "What is asked: \(Task.Kind.allCases.map(\.rawValue).joined(separator: ", ")).")
  var kind: Task.Kind?

  @Option(
    help: ArgumentHelp(
      "Where in a row what is found, as text=sentence,label=2; may be repeated.",
      valueName: "field=column"))
  var columns: [String] = []

  @Flag(inversion: .prefixedNo, help: "Whether the first row of a table names its columns.")
  var header: Bool?

  @Option(
    help: ArgumentHelp(
      "Names of the classes in the order of the task's numbers, commas between.",
      valueName: "names"))
  var labels: String?

  @Option(
    help: "What is measured: \(Metric.allCases.map(\.rawValue).joined(separator: ", ")).")
  var metric: Metric?

  @Option(
    help: ArgumentHelp(
      "What is taken off the front of every word to be tagged.", valueName: "pattern"))
  var stripPrefix: String?

  func description() throws -> TaskDescription {
    try TaskDescription(
      kind: kind, columns: columns, header: header, labels: labels, metric: metric,
      stripPrefix: stripPrefix)
  }
}

extension TaskDetailOptions {
  /// Whether nothing is said.
  var isEmpty: Bool {
    split == nil && kind == nil && columns.isEmpty && header == nil && labels == nil
      && metric == nil && stripPrefix == nil
  }
}

/// How a model is run.
struct ComputeOptions: ParsableArguments {
  @Option(
    help:
      "exact: in singles, from the weights as the file says them; int8: products in integers.")
  var compute: Compute = .exact

  @Option(help: ArgumentHelp("Sequences in a batch.", valueName: "count"))
  var batchSize = 32

  @Option(
    help: ArgumentHelp(
      "Cut texts to this many tokens, where the model would take more.", valueName: "tokens"))
  var maxLength: Int?

  @Option(
    help: ArgumentHelp(
      "How tokens become a vector of the sentence, where the model's folder is not to decide: cls, mean, max.",
      valueName: "mode"))
  var pooling: Pooling.Mode?

  func validate() throws {
    guard (1...65_536).contains(batchSize) else {
      throw ValidationError("--batch-size takes a number from 1 to 65536")
    }
    if let maxLength, maxLength < 4 {
      throw ValidationError("--max-length takes a number from 4")
    }
  }

  /// The request for a model, under these options.
  func request(_ path: String, _ reading: InputOptions, threads: Int) -> ModelRequest {
    var request = ModelRequest(path)
    request.format = reading.format
    request.reading = reading.readOptions
    request.compute = compute
    request.threads = threads
    request.pooling = pooling
    return request
  }
}

extension Task.Kind: ExpressibleByArgument {}
extension Metric: ExpressibleByArgument {}
extension Compute: ExpressibleByArgument {}
extension Pooling.Mode: ExpressibleByArgument {}
extension VectorFormat: ExpressibleByArgument {}
