import Checkpoints

/// What is wanted of an encoder.
public enum Reading: Sendable, Equatable {
  /// The scores of the model's own head: a row for each sequence, or for each of its tokens.
  case logits
  /// The scores of one head of a model that has several (pre-training).
  case logitsOf(Head)
  /// The scores of a head that reads every token, but for one token of each sequence alone: ``TokenSequence/readToken``.
  case logitsOfToken(Head)
  /// A vector for each sequence.
  case sentence(Pooling)
  /// The pooler's output for the first token; of a student what its projection gives.
  case pooled
  /// The embeddings' output and that of every layer: `[(layers + 1) · tokens, hidden]`. Of a student the states of its LSTM,
  /// `[tokens, 2 · hidden]`.
  case hiddenStates
}

/// How the vectors of tokens become one of the sentence (Reimers and Gurevych, "Sentence-BERT", 2019).
public struct Pooling: Sendable, Equatable {
  /// Of several modes the vectors stand one after the other.
  public var modes: [Mode]
  /// Whether vectors are divided by their length.
  public var normalizes: Bool

  public init(_ modes: [Mode], normalizes: Bool = false) {
    self.modes = modes
    self.normalizes = normalizes
  }

  public enum Mode: String, Sendable, CaseIterable {
    /// The first token.
    case cls
    case mean
    /// The mean times the square root of the number of tokens.
    case meanSquareRoot = "mean_sqrt_len_tokens"
    case max
    case lastToken = "lasttoken"
    /// The mean weighted by position, from 1.
    case weightedMean = "weightedmean"
  }

  var readsOneToken: Bool { modes.allSatisfy { $0 == .cls } }
}

/// What an encoder gives for one sequence.
public struct EncoderOutput: Sendable, Equatable {
  public let rows: Int
  public let columns: Int
  /// Row-major.
  public let values: [Float]

  public init(rows: Int, columns: Int, values: [Float]) {
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  public subscript(row: Int) -> ArraySlice<Float> {
    values[(row * columns)..<((row + 1) * columns)]
  }
}
