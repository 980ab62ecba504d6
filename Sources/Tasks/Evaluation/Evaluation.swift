import Encoders
import Tensors

/// How good a model is at a task, how fast, and how near to another.
public struct Evaluation: Sendable {
  public let model: String
  public let task: Task
  public let metric: Metric
  public let score: Estimate
  /// All metrics of the task's kind, the one above among them.
  public let scores: [(metric: Metric, score: Estimate)]
  public let predictions: [Prediction]
  /// The names of the classes or tags that predictions are indices of.
  public let labels: [String]
  /// Sequences a second, tokenization not counted.
  public let throughput: Double
  public let latency: Latency?
  public let options: EvaluationOptions
  public let compute: Compute
  /// What the encoder read: one for each example, or several.
  public let sequenceCount: Int
  /// The mean over sequences, of what is really computed.
  public let operationsPerSequence: Int
  public let tokensPerSequence: Double
  /// Of the weights on disk.
  public let byteCount: Int
  /// Sequences that were cut to the model's limit, and that limit.
  public let truncated: Int
  public let tokenLimit: Int
  public let notes: [String]
  public let comparison: Comparison?
}

/// How a task is run.
public struct EvaluationOptions: Sendable {
  public var batchSize = 32
  public var threads = 1
  /// The greatest number of tokens of a sequence, where the model would take more.
  public var maximumLength: Int?
  /// How many sentences are timed alone.
  public var latencySentences = 100

  public init() {}
}

extension Evaluation {
  /// Runs a task.
  ///
  /// - Parameter teacher: another model, with which this one is compared.
  /// - Throws: ``Failure`` if the model cannot do the task, or a label is none of the model's.
  public init(
    of model: TaskModel, on task: Task, against teacher: TaskModel? = nil,
    options: EvaluationOptions = EvaluationOptions(), progress: Progress? = nil
  ) throws {
    let metric = task.metric
    guard task.kind.metrics.contains(metric) else {
      throw Failure(TaskModelReason.metric(metric, kind: task.kind), at: Place(file: task.path))
    }
    let run = try TaskRun(model, task, options, progress)
    let other = try teacher.map { try TaskRun($0, task, options, progress) }
    self.model = model.path
    self.task = task
    self.metric = metric
    scores = task.kind.metrics.map { ($0, run.estimate($0)) }
    score = run.estimate(metric)
    predictions = run.predictions
    labels = run.labels.names
    throughput = Double(run.prepared.sequences.count) / max(run.seconds, 1e-9)
    latency = try Latency.measure(
      model.encoder, run.prepared.sequences, count: options.latencySentences,
      threads: options.threads)
    self.options = options
    compute = model.encoder.compute
    sequenceCount = run.prepared.sequences.count
    let lengths = run.prepared.sequences.map(\.count)
    operationsPerSequence =
      lengths.reduce(0) { $0 + model.encoder.operations(tokens: $1) } / max(1, lengths.count)
    tokensPerSequence = Double(lengths.reduce(0, +)) / Double(max(1, lengths.count))
    byteCount = model.byteCount
    truncated = run.prepared.truncated
    tokenLimit = try model.tokenLimit(options.maximumLength)
    notes =
      model.diagnostics.map(\.message)
      + (teacher.map { teacher in teacher.diagnostics.map { "\(teacher.path): \($0.message)" } }
        ?? [])
      + task.notes.lines
    comparison = other.map { other in
      Comparison(
        path: other.path, value: other.estimate(metric).value, of: run.predictions,
        with: other.predictions, order: correspondence(of: run.labels, in: other.labels))
    }
  }

  /// Fails if the metric is below a value, or undefined.
  public func check(minimum: Double) throws {
    guard score.value >= minimum else {
      throw Failure(
        TaskModelReason.belowMinimum(metric, value: score.value, minimum: minimum),
        at: Place(file: model))
    }
  }
}

/// The classes of another model that bear the same names; by their numbers where no name agrees.
private func correspondence(of labels: LabelMap, in others: LabelMap) -> [Int]? {
  guard labels.names.count == others.names.count else { return nil }
  let order = labels.names.compactMap { others.index(of: $0) }
  if Set(order).count == labels.names.count { return order }
  return order.isEmpty ? Array(labels.names.indices) : nil
}

/// A task run through one model.
private struct TaskRun {
  let path: String
  let labels: LabelMap
  let gold: TaskGold
  let prepared: PreparedTask
  let predictions: [Prediction]
  let seconds: Double

  init(_ model: TaskModel, _ task: Task, _ options: EvaluationOptions, _ progress: Progress?) throws
  {
    try task.kind.check(model.encoder, of: model.path)
    path = model.path
    labels = LabelMap(classes: model.labels, declared: task.labels)
    gold = try TaskGold(task, labels)
    prepared = PreparedTask(
      task, model.tokenizer, limit: try model.tokenLimit(options.maximumLength))
    let sequences = prepared.sequences
    let lines = prepared.lines(of: task)
    try model.check(sequences, of: task.path) { lines[$0] }
    if sequences.count >= 64 {
      // Memory that is touched for the first time is not what is to be measured.
      _ = try model.encoder.outputs(
        for: Array(sequences.prefix(options.threads)), threads: options.threads)
    }
    let start = now()
    let outputs = try model.encoder.outputs(
      for: sequences, batchSize: options.batchSize, threads: options.threads, progress: progress)
    seconds = now() - start
    try model.check(outputs, of: task.path) { lines[$0] }
    predictions = prepared.predictions(task, outputs, outside: labels.index(of: "O") ?? 0)
  }

  func estimate(_ metric: Metric) -> Estimate { gold.estimate(metric, predictions, labels) }
}
