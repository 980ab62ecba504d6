/// What a parameter does, whatever its file calls it: which matrix or vector of which module.
public struct Role: Hashable, Sendable {
  public var module: Module
  public var kind: Kind

  public init(_ module: Module, _ kind: Kind) {
    self.module = module
    self.kind = kind
  }

  public enum Kind: String, Sendable, CaseIterable {
    /// The matrix of a linear, `[out, in]`, or of an embedding, `[rows, width]`; the scale of a norm.
    case weight
    case bias
  }
}

/// A part of a model that holds parameters.
public enum Module: Hashable, Sendable {
  case embedding(EmbeddingModule)
  case layer(Int, LayerModule)
  case lstm(Direction, LSTMModule)
  /// From what is read out of an LSTM to the width that the head reads.
  case projection
  case pooler
  case head(HeadModule)
}

/// The parts of the embeddings.
public enum EmbeddingModule: String, Sendable, CaseIterable {
  case word, position, type, norm
  /// From the embedding's width to the encoder's, where they differ (ELECTRA, ALBERT).
  case projection
}

/// The parts of one transformer layer.
public enum LayerModule: String, Sendable, CaseIterable {
  case query = "attention.query"
  case key = "attention.key"
  case value = "attention.value"
  case attentionOutput = "attention.output"
  case attentionNorm = "attention.norm"
  case intermediate = "ffn.intermediate"
  case output = "ffn.output"
  case outputNorm = "ffn.norm"
}

/// The way in which an LSTM goes through a sequence.
public enum Direction: String, Sendable, CaseIterable {
  case forward, backward
}

/// The parts of one direction of an LSTM. Rows are those of the gates: input, forget, cell and output, as in PyTorch
/// and Keras.
public enum LSTMModule: String, Sendable, CaseIterable {
  /// The matrix that the inputs meet, `[4 · hidden, embedding]`, and the bias of the gates.
  case input
  /// The matrix that the state before meets, `[4 · hidden, hidden]`.
  case recurrent
}

/// The parts of the heads that stand on an encoder.
public enum HeadModule: String, Sendable, CaseIterable {
  case maskedTransform = "mlm.transform"
  case maskedNorm = "mlm.norm"
  /// Its weight is usually tied to the word embedding.
  case maskedDecoder = "mlm.decoder"
  /// A second name of the decoder's bias, kept for files that store both.
  case maskedDecoderCopy = "mlm.decoder-copy"
  /// Next-sentence or sentence-order prediction.
  case nextSentence = "nsp"
  case classifierDense = "classifier.dense"
  /// Sequence and token classification, and multiple choice.
  case classifier = "classifier.output"
  case questionAnswering = "qa"
  case discriminatorDense = "discriminator.dense"
  case discriminator = "discriminator.output"
}

extension Role: CustomStringConvertible {
  /// The role's path, such as `encoder.3.attention.query.weight`.
  public var description: String { "\(module).\(kind.rawValue)" }

  /// The component under which reports count the parameter.
  public var component: Component {
    switch module {
    case .embedding: .embeddings
    case .layer(_, let part):
      switch part {
      case .query, .key, .value, .attentionOutput, .attentionNorm: .attention
      case .intermediate, .output, .outputNorm: .feedForward
      }
    case .lstm: .lstm
    case .projection: .projection
    case .pooler: .pooler
    case .head: .head
    }
  }
}

extension Module: CustomStringConvertible {
  public var description: String {
    switch self {
    case .embedding(let part): "embeddings.\(part.rawValue)"
    case .layer(let index, let part): "encoder.\(index).\(part.rawValue)"
    case .lstm(let direction, let part): "lstm.\(direction.rawValue).\(part.rawValue)"
    case .projection: "projection"
    case .pooler: "pooler"
    case .head(let part): "head.\(part.rawValue)"
    }
  }
}

/// The rows of a report's table of components.
public enum Component: String, Sendable, CaseIterable {
  case embeddings
  case attention
  case feedForward = "feed-forward"
  case lstm
  case projection
  case pooler
  case head
  case buffers
  case unmapped
}

extension Role {
  /// The order in which a model is read: embeddings, layers from the first or the LSTM, projection or pooler, head.
  package var order: [Int] {
    let kindOrder = kind == .weight ? 0 : 1
    switch module {
    case .embedding(let part): return [0, index(of: part), kindOrder]
    case .layer(let layer, let part): return [1, layer, index(of: part), kindOrder]
    case .lstm(let direction, let part):
      return [1, index(of: direction), index(of: part), kindOrder]
    case .projection, .pooler: return [2, kindOrder]
    case .head(let part): return [3, index(of: part), kindOrder]
    }
  }

  private func index<Part: CaseIterable & Equatable>(of part: Part) -> Int {
    Part.allCases.enumerated().first { $0.element == part }!.offset
  }
}

/// A tensor that a framework stores with a model but that the model can make anew.
public enum Buffer: String, Sendable, CaseIterable {
  case positionIDs = "position-ids"
  case tokenTypeIDs = "token-type-ids"
  /// What dropout draws its numbers from, which Keras 3 stores.
  case seed
}
