import Checkpoints
import Encoders
import Tensors

/// A model ready to do tasks: its encoder, its tokenizer and the names of its classes.
public struct TaskModel: Sendable {
  /// What the user named.
  public let path: String
  public let encoder: Encoder
  public let tokenizer: Tokenizer
  /// The names of the classes, in the order of the classifier's rows.
  public let labels: [String]
  /// The size of the weights on disk.
  public let byteCount: Int
  /// The files of the weights.
  package let inputs: [String]
  /// What is wrong with the weights, and what else the user should know.
  public let diagnostics: [Diagnostic]

  /// - Parameter folder: holds the vocabulary and the rest of what belongs to the model.
  /// - Throws: ``Failure`` if the model cannot be run, has no vocabulary, or one that is not its own.
  public init(
    _ checkpoint: Checkpoint, path: String, folder: String, reading: Reading,
    compute: Compute, threads: Int
  ) throws {
    let tokenizer = Background { try Tokenizer(folder: folder) }
    encoder = try Encoder(checkpoint, reading: reading, compute: compute, threads: threads)
    self.tokenizer = try tokenizer.value()
    self.path = path
    byteCount = checkpoint.container.byteCount
    let columns = encoder.columns
    let named = encoder.architecture.labels
    labels = named.count == columns ? named : (0..<columns).map { "LABEL_\($0)" }
    inputs = checkpoint.container.files
    diagnostics =
      checkpoint.diagnostics.filter { $0.severity != .note }
      + (try Self.compare(
        vocabulary: self.tokenizer.vocabularySize, words: encoder.architecture.vocabulary,
        folder: folder))
  }

  /// A vocabulary that names more tokens than the model has words is another model's.
  private static func compare(vocabulary: Int, words: Int, folder: String) throws -> [Diagnostic] {
    guard vocabulary <= words else {
      throw Failure(
        TaskModelReason.otherVocabulary(vocabulary, words: words), at: Place(file: folder))
    }
    guard vocabulary < words else { return [] }
    return [
      Diagnostic(
        .note, .configuration,
        "the vocabulary has \(vocabulary) tokens, the model \(words) words")
    ]
  }

  /// The greatest number of tokens of a sequence: the model's, or less where that is wanted.
  ///
  /// - Throws: ``Failure`` if that leaves no room for a text.
  public func tokenLimit(_ wanted: Int?) throws -> Int {
    let limit = [encoder.tokenLimit, tokenizer.modelLimit, wanted].compactMap { $0 }.min() ?? 0
    guard limit >= 4 else { throw Failure(TaskModelReason.tooShort(limit), at: Place(file: path)) }
    return limit
  }
}

/// Why a model cannot do a task.
package enum TaskModelReason: Reason {
  case otherVocabulary(Int, words: Int)
  case wrongHead(Head, kind: Task.Kind)
  case outputs(Int, wanted: Int, kind: Task.Kind)
  case metric(Metric, kind: Task.Kind)
  case belowMinimum(Metric, value: Double, minimum: Double)
  case tooShort(Int)

  package var outcome: Outcome {
    switch self {
    case .belowMinimum: .checkFailed
    case .metric: .usage
    case .otherVocabulary, .wrongHead, .outputs, .tooShort: .badInput
    }
  }

  package var description: String {
    switch self {
    case .otherVocabulary(let tokens, let words):
      "the vocabulary has \(tokens) tokens, more than the model's \(words) words"
    case .wrongHead(let head, let kind):
      "the task is of the kind '\(kind.rawValue)', for which a model \(head == .none ? "without a head" : "with the head \(head.rawValue)") has no output"
    case .outputs(let count, let wanted, let kind):
      "a task of the kind '\(kind.rawValue)' needs a model with \(wanted) outputs; this one has \(count)"
    case .metric(let metric, let kind):
      "the metric '\(metric.rawValue)' is not one of the kind '\(kind.rawValue)'; its metrics are "
        + kind.metrics.map(\.rawValue).joined(separator: ", ")
    case .belowMinimum(let metric, let value, let minimum):
      "\(metric.rawValue) is \(fixed(value, 4)), below the \(fixed(minimum, 4)) that was asked for"
    case .tooShort(let limit):
      "takes sequences of \(limit) \(limit == 1 ? "token" : "tokens"), too few for a text beside the special tokens"
    }
  }

  package var hint: String? {
    switch self {
    case .wrongHead(.none, .pair), .wrongHead(.none, .regression):
      "a model without a head has sentence vectors: try --kind similarity"
    default: nil
    }
  }
}
