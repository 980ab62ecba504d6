import Checkpoints
import Kernels
import Synchronization
import Tensors

/// A model of the BERT family, its parameters in memory, ready to be run.
///
/// Matrices are kept in the element type of the file and computed with as their storage says: dense,
/// sparse, factorized, quantized. Nothing of the checkpoint is read after initialization.
public final class Encoder: Sendable {
  public let architecture: EncoderArchitecture
  public let reading: Reading
  public let compute: Compute
  let settings: EncoderSettings
  let embeddings: Embeddings
  /// In the order in which they are run: a layer that ALBERT shares stands here several times.
  let run: [Layer]
  let head: HeadStack?

  /// Reads the parameters that a reading needs.
  ///
  /// - Throws: ``Failure`` that names the tensor, if one is missing, of a wrong shape, or holds NaN.
  public init(
    _ checkpoint: Checkpoint, reading: Reading, compute: Compute = .exact,
    threads: Int = 1
  ) throws {
    guard let architecture = checkpoint.architecture.encoder, !architecture.layers.isEmpty else {
      throw Failure(
        EncoderReason.notAnEncoder, at: Place(file: checkpoint.container.files.first))
    }
    let settings = try EncoderSettings(
      architecture.family, checkpoint.configuration, dialect: checkpoint.dialect,
      positions: architecture.positions)
    let reader = ParameterReader(checkpoint, compute: compute)
    self.architecture = architecture
    self.reading = reading
    self.compute = compute
    self.settings = settings
    embeddings = try Embeddings(reader, architecture, settings)
    run = try Self.layers(reader, architecture, settings, threads: threads)
    head = try Self.head(for: reading, reader, architecture, settings)
  }

  /// Layers are read side by side: packing them takes longer than fetching them.
  private static func layers(
    _ reader: ParameterReader, _ architecture: EncoderArchitecture, _ settings: EncoderSettings,
    threads: Int
  ) throws -> [Layer] {
    let places = architecture.layers.indices.map(architecture.storedLayer(runAs:))
    let stored = places.enumerated().filter { places.firstIndex(of: $0.element) == $0.offset }
    let read = LayerShelf()
    try Workers.forEach(Array(stored), threads: threads) { place, index in
      let layer = try Layer(
        reader, index, architecture.layers[place], hidden: architecture.hidden, settings)
      read.put(layer, at: index)
    }
    return places.compactMap(read.layer)
  }

  private static func head(
    for reading: Reading, _ reader: ParameterReader, _ architecture: EncoderArchitecture,
    _ settings: EncoderSettings
  ) throws -> HeadStack? {
    switch reading {
    case .logits: try HeadStack(architecture.head, reader, architecture, settings)
    case .logitsOf(let head): try HeadStack(head, reader, architecture, settings)
    case .pooled: try HeadStack(pooler: reader, architecture, settings)
    case .sentence, .hiddenStates: nil
    }
  }

  /// Whether what follows the last layer's keys and values is needed for the first token only.
  var readsFirstTokenOnly: Bool {
    if let head { return head.readsFirstTokenOnly }
    if case .sentence(let pooling) = reading { return pooling.readsFirstTokenOnly }
    return false
  }

  /// The greatest number of tokens of a sequence, special tokens included.
  public var tokenLimit: Int { max(0, architecture.positions - settings.firstPosition) }

  /// Whether the result has a row for every token, and not one for the sequence.
  public var givesTokens: Bool { head.map { !$0.readsFirstTokenOnly } ?? false }

  /// The length of a row of the result.
  public var columns: Int {
    if let head { return head.columns }
    if case .sentence(let pooling) = reading { return pooling.modes.count * architecture.hidden }
    return architecture.hidden
  }

  /// Fails unless a sequence can be read.
  public func check(_ sequence: TokenSequence) throws {
    guard sequence.count > 0 else { throw Failure(EncoderReason.empty) }
    guard sequence.count <= tokenLimit else {
      throw Failure(EncoderReason.tooLong(sequence.count, limit: tokenLimit))
    }
    for id in sequence.ids where id < 0 || id >= architecture.vocabulary {
      throw Failure(EncoderReason.tokenID(id, vocabulary: architecture.vocabulary))
    }
    guard architecture.types > 0 else { return }
    for type in sequence.types where type < 0 || type >= architecture.types {
      throw Failure(EncoderReason.type(type, types: architecture.types))
    }
  }
}

/// Layers that several threads read.
private final class LayerShelf: Sendable {
  private let layers = Mutex<[Int: Layer]>([:])

  func put(_ layer: Layer, at index: Int) { layers.withLock { $0[index] = layer } }
  func layer(_ index: Int) -> Layer? { layers.withLock { $0[index] } }
}
