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
  /// How many sentences were read.
  private var count = 0

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

  /// What the user should know of the model, and of the sentences so far.
  public var notes: [String] {
    let cut = truncated == 1 ? "1 sentence was" : "\(truncated) sentences were"
    return model.diagnostics.map(\.message)
      + (truncated > 0 ? ["\(cut) cut to the model's limit"] : [])
  }

  /// Fails where vectors cannot be written, or would replace a part of the model.
  public func check(_ output: Destination, replacing: Bool) throws {
    try output.check(replacing: replacing, sparing: [model])
  }

  /// The vectors of the next sentences, `[sentences][width]`.
  ///
  /// - Throws: ``Failure`` with the number of the sentence, counted from 1 over all calls, that the
  ///   model cannot read or for which it gives no numbers.
  public mutating func vectors(
    of sentences: [String], progress: Progress? = nil
  ) throws -> [[Float]] {
    let encodings = sentences.map { model.tokenizer.encode($0, nil, limit: limit) }
    let sequences = encodings.map(\.sequence)
    let first = count + 1
    try model.check(sequences, of: Self.source) { first + $0 }
    let outputs = try model.encoder.outputs(
      for: sequences, batchSize: batchSize, threads: threads, progress: progress)
    try model.check(outputs, of: Self.source) { first + $0 }
    truncated += encodings.count { $0.truncated > 0 }
    count += sentences.count
    return outputs.map(\.values)
  }

  /// Writes the vectors of sentences, in parts, so that only the text is held as a whole.
  public mutating func write(
    _ sentences: [String], to file: VectorFile, progress: Progress? = nil
  ) throws {
    for start in stride(from: 0, to: sentences.count, by: 4096) {
      let part = sentences[start..<min(start + 4096, sentences.count)]
      try file.write(vectors(of: Array(part), progress: progress))
    }
    try file.commit()
  }

  private static let source = "standard input"
}
