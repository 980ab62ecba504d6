import Encoders
import Tasks
import Tensors

/// The vectors of sentences by a model on disk.
public struct SentenceEmbedding: Sendable {
  private let model: TaskModel
  private let batchSize: Int
  private let threads: Int
  private let limit: Int
  public private(set) var truncated = 0

  /// Opens the model.
  ///
  /// - Throws: ``Failure`` if it cannot be opened, has no vocabulary, or cannot be run.
  public init(_ request: ModelRequest, batchSize: Int = 32, maximumLength: Int? = nil) throws {
    model = try TaskModel(request, for: .similarity)
    self.batchSize = batchSize
    threads = request.threads
    limit = try model.tokenLimit(maximumLength)
  }

  /// The length of a vector.
  public var width: Int { model.encoder.columns }

  /// The vectors of some sentences, `[sentences][width]`.
  public mutating func vectors(
    of sentences: [String], progress: Progress? = nil
  ) throws -> [[Float]] {
    let encodings = sentences.map { model.tokenizer.encode($0, nil, limit: limit) }
    truncated += encodings.count { $0.truncated > 0 }
    return try model.encoder.outputs(
      for: encodings.map(\.sequence), batchSize: batchSize, threads: threads, progress: progress
    ).map(\.values)
  }
}
