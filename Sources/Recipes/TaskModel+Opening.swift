import Checkpoints
import Encoders
import Tasks
import Tensors

/// Which model is to do something, and how it is to be computed.
public struct ModelRequest: Sendable {
  public var path: String
  /// The name of a format, where the content is not to decide.
  public var format: String?
  public var reading = ReadOptions()
  /// Where its configuration and vocabulary lie; nil for beside the weights.
  public var folder: String?
  public var compute = Compute.exact
  public var threads = 1
  /// How vectors of sentences are made, where the model's folder is not to decide.
  public var pooling: Pooling.Mode?

  public init(_ path: String) { self.path = path }
}

extension TaskModel {
  /// Opens a model for tasks of a kind: with its own head, or for vectors of sentences.
  ///
  /// - Throws: ``Failure`` if it cannot be opened, has no vocabulary, or cannot be run.
  public init(_ request: ModelRequest, for kind: Task.Kind) throws {
    if request.pooling != nil, kind != .similarity {
      throw Failure(TaskDescriptionReason.meaningless("pooling", kind: kind))
    }
    let model = try Model.open(
      request.path, format: request.format, options: request.reading, besides: request.folder)
    self = try model.withVocabulary { try TaskModel(model, in: $0, request, for: kind) }
  }

  /// - Parameter folder: where its vocabulary lies.
  private init(
    _ model: Model, in folder: String, _ request: ModelRequest, for kind: Task.Kind
  ) throws {
    let reading: Reading
    if kind == .similarity {
      if request.pooling != nil, let readout = model.checkpoint.architecture.bilstm?.readout,
        readout != .perToken
      {
        throw Failure(
          ModelReason.readout(readout), at: Place(file: model.checkpoint.container.files.first))
      }
      var pooling = try SentencePipeline.pooling(in: folder)
      if let mode = request.pooling { pooling.modes = [mode] }
      reading = .sentence(pooling)
    } else {
      let architecture = model.checkpoint.architecture
      if architecture != .unknown {
        try kind.check(architecture.head, in: model.checkpoint.container.files.first)
      }
      reading = .logits
    }
    try self.init(
      model.checkpoint, path: request.path, folder: folder, reading: reading,
      compute: request.compute, threads: request.threads)
  }
}
