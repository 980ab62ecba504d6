import Checkpoints
import Encoders
import Kernels
import Tensors

/// A BiLSTM student, as it is trained (Mukherjee and Awadallah, "XtremeDistil", 2020).
///
/// Numbers are dropped of the embeddings, as `dropout` in the configuration says, and of the states that the recurrent weights meet, as
/// `recurrent_dropout` does; where it is silent with a probability of 0.2, as of the published students.
struct StudentNetwork: TrainableNetwork {
  private let student: BiLSTMArchitecture
  private let settings: StudentSettings
  private let dropout: (embeddings: Float, recurrent: Float)
  private let words: TrainableStorage
  private let forward: TrainableDirection
  private let backward: TrainableDirection
  private let projection: TrainableLinear
  private let classifier: TrainableLinear?

  init(
    _ reader: TrainableParameterReader, _ student: BiLSTMArchitecture, _ checkpoint: Checkpoint
  ) throws {
    let configuration = checkpoint.configuration
    self.student = student
    settings = try StudentSettings(configuration, dialect: checkpoint.dialect)
    dropout = (
      try DropoutSettings.probability("dropout", in: configuration, otherwise: 0.2),
      try DropoutSettings.probability("recurrent_dropout", in: configuration, otherwise: 0.2)
    )
    words = try reader.table(.word, rows: student.vocabulary, width: student.embedding)
    forward = try TrainableDirection(reader, .forward, student)
    backward = try TrainableDirection(reader, .backward, student)
    projection = try reader.linear(
      .projection, rows: student.projection,
      columns: 2 * student.hidden)
    classifier = try student.classes.map {
      try reader.linear(.head(.classifier), rows: $0, columns: student.projection)
    }
  }

  var wordTables: [TrainableParameter] { words.parameters }

  func forward(
    _ sequences: [TokenSequence], _ tape: Tape, _ options: ForwardOptions
  ) throws -> ModelOutput {
    for sequence in sequences { try check(sequence) }
    let ids = sequences.flatMap(\.ids)
    var start = 0
    let ranges = sequences.map { sequence in
      defer { start += sequence.count }
      return start..<(start + sequence.count)
    }
    var output = ModelOutput(ranges: ranges)
    let found = try TrainableEmbeddings.lookUp(ids, in: words, tape)
    tape.observeGradient(of: found, from: words.parameters.first?.id.role)
    let embedded = try tape.dropout(
      found, probability: options.dropout ? dropout.embeddings : 0)
    let states = try tape.recurrence(
      forward: try forward(embedded, tape), backward: try backward(embedded, tape), ranges,
      probability: options.dropout ? dropout.recurrent : 0)
    if options.hiddenStates { output.hiddenStates = [embedded, states] }
    output.last = states
    let projected = try tape.activation(
      settings.activation, try projection(try readOut(states, ranges, tape), tape))
    output.projected = projected
    if options.head { output.logits = try classifier?(projected, tape) }
    return output
  }

  private func readOut(_ states: Node, _ ranges: [Range<Int>], _ tape: Tape) throws -> Node {
    switch student.readout {
    case .lastState: try tape.lastStates(states, of: ranges)
    case .maxPool: try tape.maxPool(states, of: ranges)
    case .perToken: states
    }
  }

  private func check(_ sequence: TokenSequence) throws {
    guard sequence.count > 0 else { throw Failure(TrainingReason.empty) }
    guard sequence.count <= settings.tokenLimit else {
      throw Failure(TrainingReason.tokens(sequence.count, limit: settings.tokenLimit))
    }
    for id in sequence.ids where id < 0 || id >= student.vocabulary {
      throw Failure(TrainingReason.tokenID(id, vocabulary: student.vocabulary))
    }
  }
}

/// One direction of an LSTM that is trained.
struct TrainableDirection {
  let input: TrainableLinear
  /// `[4 · hidden, hidden]`.
  let recurrent: TrainableStorage

  init(
    _ reader: TrainableParameterReader, _ direction: Direction, _ student: BiLSTMArchitecture
  ) throws {
    let gates = RecurrentWeights.gates * student.hidden
    input = try reader.linear(.lstm(direction, .input), rows: gates, columns: student.embedding)
    recurrent = try reader.matrix(
      Role(.lstm(direction, .recurrent), .weight), rows: gates, columns: student.hidden)
  }

  func callAsFunction(_ x: Node, _ tape: Tape) throws -> RecurrentInputs {
    RecurrentInputs(gates: try input(x, tape), weight: try recurrent.node(tape))
  }
}
