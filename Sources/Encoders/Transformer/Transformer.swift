import Checkpoints
import Kernels
import Synchronization
import Tensors

/// A transformer encoder of the BERT family, its parameters in memory.
struct Transformer: Network {
  let architecture: EncoderArchitecture
  let reading: Reading
  let settings: EncoderSettings
  let embeddings: Embeddings
  /// In the order in which they are run: a layer that ALBERT shares stands here several times.
  let run: [Layer]
  let head: HeadStack?

  /// Reads the parameters that a reading needs.
  init(
    _ architecture: EncoderArchitecture, _ reader: ParameterReader, reading: Reading, threads: Int
  ) throws {
    let checkpoint = reader.checkpoint
    guard !architecture.layers.isEmpty else {
      throw Failure(
        EncoderReason.notAnEncoder, at: Place(file: checkpoint.container.files.first))
    }
    let settings = try EncoderSettings(
      architecture.family, checkpoint.configuration, dialect: checkpoint.dialect,
      positions: architecture.positions)
    self.architecture = architecture
    self.reading = reading
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
    case .logitsOfToken(let head):
      try HeadStack(head, reader, architecture, settings).readingOneToken()
    case .pooled: try HeadStack(pooler: reader, architecture, settings)
    case .sentence, .hiddenStates: nil
    }
  }

  /// Whether what follows the last layer's keys and values is needed for one token of a sequence only.
  var readsOneToken: Bool {
    if let head { return head.readsOneToken }
    if case .sentence(let pooling) = reading { return pooling.readsOneToken }
    return false
  }

  var tokenLimit: Int { max(0, architecture.positions - settings.firstPosition) }

  var givesTokens: Bool { head.map { !$0.readsOneToken } ?? false }

  var columns: Int {
    if let head { return head.columns }
    if case .sentence(let pooling) = reading { return pooling.modes.count * architecture.hidden }
    return architecture.hidden
  }

  var types: Int { architecture.types }

  func runner(_ team: Team) -> any NetworkRunner { TransformerRunner(self, team) }
}

/// Layers that several threads read.
private final class LayerShelf: Sendable {
  private let layers = Mutex<[Int: Layer]>([:])

  func put(_ layer: Layer, at index: Int) { layers.withLock { $0[index] = layer } }
  func layer(_ index: Int) -> Layer? { layers.withLock { $0[index] } }
}
