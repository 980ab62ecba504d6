import Checkpoints
import Kernels
import Tensors

/// A BiLSTM student, its parameters in memory.
///
/// A sequence is read as it is, without padding: a Keras model gives the same where padding is masked.
struct RecurrentNetwork: Network {
  let architecture: BiLSTMArchitecture
  let reading: Reading
  let words: EmbeddingTable
  /// Forward, then backward.
  let directions: [LSTMDirection]
  /// The projection, then the head where its scores are wanted; none where states are.
  let stages: [HeadStack.Stage]
  let tokenLimit: Int

  /// Reads the parameters that a reading needs.
  init(
    _ architecture: BiLSTMArchitecture, _ reader: ParameterReader, reading: Reading
  ) throws {
    let (hidden, embedding) = (architecture.hidden, architecture.embedding)
    self.architecture = architecture
    self.reading = reading
    words = try reader.table(.word, rows: architecture.vocabulary, width: embedding)
    directions = try Direction.allCases.map { direction in
      LSTMDirection(
        direction: direction,
        input: try reader.linear(
          .lstm(direction, .input), rows: RecurrentWeights.gates * hidden, columns: embedding),
        recurrent: try reader.recurrent(direction, hidden: hidden))
    }
    let settings = try StudentSettings(
      reader.checkpoint.configuration, dialect: reader.checkpoint.dialect)
    stages = try Self.stages(for: reading, reader, architecture, settings.activation)
    tokenLimit = settings.tokenLimit
  }

  private static func stages(
    for reading: Reading, _ reader: ParameterReader, _ architecture: BiLSTMArchitecture,
    _ activation: ActivationFunction
  ) throws -> [HeadStack.Stage] {
    if reading == .hiddenStates { return [] }
    let projection = HeadStack.Stage(
      linear: try reader.linear(
        .projection, rows: architecture.projection, columns: 2 * architecture.hidden),
      activation: activation)
    switch reading {
    case .pooled, .sentence, .hiddenStates: return [projection]
    case .logits: break
    case .logitsOfToken(let head): throw Failure(EncoderReason.noHead(head.rawValue))
    case .logitsOf(let head):
      guard head == architecture.head else { throw Failure(EncoderReason.noHead(head.rawValue)) }
    }
    guard architecture.classes != nil else {
      throw Failure(EncoderReason.noHead("classification"))
    }
    let head = try reader.linear(
      .head(.classifier), rows: architecture.classes, columns: architecture.projection)
    return [projection, HeadStack.Stage(linear: head)]
  }

  var types: Int { 0 }

  /// Whether the states of all tokens are gone on with.
  var readsTokens: Bool { architecture.readout == .perToken || reading == .hiddenStates }

  /// How the vectors of tokens become one, where the readout does not make one itself.
  var pooling: Pooling? {
    guard readsTokens, case .sentence(let pooling) = reading else { return nil }
    return pooling
  }

  var givesTokens: Bool { readsTokens && pooling == nil }

  /// What is computed of each token, or sequence, before any pooling.
  var width: Int { stages.last?.linear.rows ?? 2 * architecture.hidden }

  var columns: Int { width * (pooling?.modes.count ?? 1) }

  func operations(tokens: Int) -> Int {
    var products = 0
    if case .factorized(_, let right, _) = words { products += right.multiplications * tokens }
    for direction in directions {
      products += (direction.input.weights.multiplications + direction.recurrentProducts) * tokens
    }
    let read = readsTokens ? tokens : 1
    products += stages.reduce(0) { $0 + $1.linear.weights.multiplications } * read
    return 2 * products
  }

  func runner(_ team: Team) -> any NetworkRunner { RecurrentRunner(self, team) }
}

/// The parameters of one direction of an LSTM.
struct LSTMDirection: Sendable {
  let direction: Direction
  let input: Linear
  let recurrent: RecurrentWeights

  /// Products for each token with the state before.
  var recurrentProducts: Int { input.rows * recurrent.hidden }
}
