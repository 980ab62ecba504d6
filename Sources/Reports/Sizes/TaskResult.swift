import Tasks
import Tensors

/// How good a file was on a task, and how fast, when it was read again and run.
public struct TaskResult: Sendable {
  /// The file that the examples are from.
  public var task: String
  public var metric: Metric
  public var score: Estimate
  /// Sequences a second.
  public var throughput: Double
  public var latency: Latency?
  /// A mean over the task's sequences, of what is really computed.
  public var operationsPerSequence: Int

  public init(
    task: String, metric: Metric, score: Estimate, throughput: Double, latency: Latency?,
    operationsPerSequence: Int
  ) {
    self.task = task
    self.metric = metric
    self.score = score
    self.throughput = throughput
    self.latency = latency
    self.operationsPerSequence = operationsPerSequence
  }

  public init(_ evaluation: Evaluation) {
    self.init(
      task: evaluation.task.path, metric: evaluation.metric, score: evaluation.score,
      throughput: evaluation.throughput, latency: evaluation.latency,
      operationsPerSequence: evaluation.operationsPerSequence)
  }
}

extension TaskResult {
  /// What it was held against, in one line.
  var taskLine: String {
    let examples = score.examples == 1 ? "1 example" : "\(grouped(score.examples)) examples"
    return "on \(printable(task)), \(examples)"
  }
}
