import Checkpoints
import Encoders
import Kernels
import Tensors

/// A transformer encoder of the BERT family with its head, as it is trained.
struct TransformerNetwork: TrainableNetwork {
  private let encoder: EncoderArchitecture
  private let settings: EncoderSettings
  private let dropout: DropoutSettings
  private let embeddings: TrainableEmbeddings
  /// In the order in which they are run: a layer that ALBERT shares stands here several times.
  private let run: [TrainableLayer]
  private let head: TrainableHead?

  init(
    _ reader: TrainableParameterReader, _ encoder: EncoderArchitecture, _ checkpoint: Checkpoint
  ) throws {
    self.encoder = encoder
    settings = try EncoderSettings(
      encoder.family, checkpoint.configuration, dialect: checkpoint.dialect,
      positions: encoder.positions)
    dropout = try DropoutSettings(encoder.family, encoder.head, checkpoint.configuration)
    embeddings = try TrainableEmbeddings(reader, encoder, settings)
    let place = Place(file: checkpoint.container.files.first)
    run = try encoder.layers.enumerated().map { [settings] index, shape in
      do {
        return try TrainableLayer(
          reader, encoder.storedLayer(runAs: index), shape, hidden: encoder.hidden, settings)
      } catch let failure as Failure { throw failure.within(place) }
    }
    head = try TrainableHead(reader, encoder, settings, dropout)
  }

  var wordTables: [TrainableParameter] { embeddings.words.parameters }

  func forward(
    _ sequences: [TokenSequence], _ tape: Tape, _ options: ForwardOptions
  ) throws -> ModelOutput {
    for sequence in sequences { try check(sequence) }
    let batch = TokenBatch(sequences, settings)
    var output = ModelOutput(ranges: batch.ranges)
    var x = try embeddings(batch, dropout: options.dropout ? dropout.hidden : 0, tape)
    if options.hiddenStates { output.hiddenStates.append(x) }
    let probabilities = options.dropout ? layerDropout : TrainableLayer.DropoutProbabilities()
    let readsFirst = options.head && head?.readsFirstTokenOnly ?? false
    let selects = readsFirst && !options.hiddenStates && options.attention == .none
    for (index, layer) in run.enumerated() {
      let isCut = selects && index == run.count - 1
      let result = try layer(
        x, ranges: batch.ranges, selected: isCut ? batch.firstTokens : nil, probabilities,
        reading: options.attention, tape)
      x = result.x
      if options.hiddenStates { output.hiddenStates.append(x) }
      if let attention = result.attention { output.attention.append(attention) }
    }
    output.last = selects ? nil : x
    guard options.head, let head else { return output }
    let tokens = readsFirst ? (selects ? nil : batch.firstTokens) : options.headTokens
    let read = try tokens.map { try tape.rows($0, of: x) } ?? x
    output.logits = try head(read, dropout: options.dropout, tape)
    return output
  }

  /// DistilBERT drops nothing of attention's branch, ALBERT nothing of the feed-forward network's.
  private var layerDropout: TrainableLayer.DropoutProbabilities {
    TrainableLayer.DropoutProbabilities(
      attention: dropout.attention,
      attentionOutput: encoder.family == .distilbert ? 0 : dropout.hidden,
      output: encoder.family == .albert ? 0 : dropout.hidden)
  }

  private func check(_ sequence: TokenSequence) throws {
    guard sequence.count > 0 else { throw Failure(TrainingReason.empty) }
    let limit = max(0, encoder.positions - settings.firstPosition)
    guard sequence.count <= limit else {
      throw Failure(TrainingReason.tokens(sequence.count, limit: limit))
    }
    for id in sequence.ids where id < 0 || id >= encoder.vocabulary {
      throw Failure(TrainingReason.tokenID(id, vocabulary: encoder.vocabulary))
    }
    guard encoder.hasTypes else { return }
    for type in sequence.types where type < 0 || type >= encoder.types {
      throw Failure(TrainingReason.type(type, types: encoder.types))
    }
  }
}

extension TrainableEmbeddings {
  init(
    _ reader: TrainableParameterReader, _ encoder: EncoderArchitecture, _ settings: EncoderSettings
  ) throws {
    let isProjected = reader.has(.embedding(.projection))
    let width = isProjected ? encoder.embedding : encoder.hidden
    words = try reader.table(.word, rows: encoder.vocabulary, width: width)
    positions = try reader.table(.position, rows: encoder.positions, width: width)
    types =
      encoder.hasTypes ? try reader.table(.type, rows: encoder.types, width: width) : nil
    norm = try reader.norm(.embedding(.norm), width: width, epsilon: settings.normEpsilon)
    projection =
      isProjected
      ? try reader.linear(.embedding(.projection), rows: encoder.hidden, columns: width) : nil
  }
}

extension TrainableLayer {
  init(
    _ reader: TrainableParameterReader, _ index: Int, _ shape: LayerShape, hidden: Int,
    _ settings: EncoderSettings
  ) throws {
    guard let heads = shape.heads else { throw Failure(TrainingReason.headsUnknown) }
    guard heads > 0, shape.attention > 0, shape.attention % heads == 0 else {
      throw Failure(TrainingReason.heads(heads, width: shape.attention))
    }
    func linear(_ part: LayerModule, _ rows: Int, _ columns: Int) throws -> TrainableLinear {
      try reader.linear(.layer(index, part), rows: rows, columns: columns)
    }
    func norm(_ part: LayerModule) throws -> TrainableNorm {
      try reader.norm(.layer(index, part), width: hidden, epsilon: settings.normEpsilon)
    }
    query = try linear(.query, shape.attention, hidden)
    key = try linear(.key, shape.attention, hidden)
    value = try linear(.value, shape.attention, hidden)
    attentionOutput = try linear(.attentionOutput, hidden, shape.attention)
    attentionNorm = try norm(.attentionNorm)
    intermediate = try linear(.intermediate, shape.intermediate, hidden)
    output = try linear(.output, hidden, shape.intermediate)
    outputNorm = try norm(.outputNorm)
    self.heads = heads
    width = shape.attention
    activation = settings.activation
  }
}
