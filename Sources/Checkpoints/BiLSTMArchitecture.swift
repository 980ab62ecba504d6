/// The shape of a BiLSTM student: words looked up in a small table, one bidirectional LSTM, a projection with GELU of what is read out
/// of it, and a linear head (Mukherjee and Awadallah, "XtremeDistil", 2020).
public struct BiLSTMArchitecture: Sendable, Equatable {
  public var vocabulary: Int
  /// The width of the embedding.
  public var embedding: Int
  /// The width of the state of each direction.
  public var hidden: Int
  /// The width of the projection: that of the teacher's states.
  public var projection: Int
  /// The rows of the head; nil where there is none.
  public var classes: Int?
  public var readout: Readout
  /// The names of the classes, in the order of the head's rows.
  public var labels: [String]

  public init(
    vocabulary: Int, embedding: Int, hidden: Int, projection: Int, classes: Int?, readout: Readout,
    labels: [String] = []
  ) {
    self.vocabulary = vocabulary
    self.embedding = embedding
    self.hidden = hidden
    self.projection = projection
    self.classes = classes
    self.readout = readout
    self.labels = labels
  }

  /// What of the states of an LSTM is gone on with; raw values are those of `readout` in config.json.
  public enum Readout: String, Sendable, CaseIterable {
    /// The forward direction's state at the last token beside the backward one's at the first: of each the last that it
    /// comes to.
    case lastState = "last-state"
    /// The greatest value of each feature over the tokens.
    case maxPool = "max-pool"
    /// The states of every token.
    case perToken = "per-token"
  }
}

extension BiLSTMArchitecture {
  /// What the readout makes of the head.
  public var head: Head {
    guard classes != nil else { return .none }
    return readout == .perToken ? .tokenClassification : .sequenceClassification
  }

  /// The name of the projection's function where no configuration says it: the approximation of GELU in files of Keras, for which the
  /// published students are built with it.
  package static func usualActivation(in dialect: String?) -> String {
    dialect == "tf-bilstm" || dialect == "keras-bilstm" ? "gelu_new" : "gelu"
  }

  package var className: String {
    switch head {
    case .tokenClassification: "BiLSTMForTokenClassification"
    case .sequenceClassification: "BiLSTMForSequenceClassification"
    default: "BiLSTMModel"
    }
  }

  /// The parameters of a student of this architecture, in the order of ``Role/order``.
  public var requirements: [Requirement] {
    func matrix(_ module: Module, _ rows: Int, _ columns: Int) -> Requirement {
      Requirement(Role(module, .weight), [rows, columns])
    }
    func bias(_ module: Module, _ rows: Int) -> Requirement {
      Requirement(Role(module, .bias), [rows])
    }
    var requirements = [matrix(.embedding(.word), vocabulary, embedding)]
    for direction in Direction.allCases {
      requirements.append(matrix(.lstm(direction, .input), 4 * hidden, embedding))
      requirements.append(bias(.lstm(direction, .input), 4 * hidden))
      requirements.append(matrix(.lstm(direction, .recurrent), 4 * hidden, hidden))
    }
    requirements.append(matrix(.projection, projection, 2 * hidden))
    requirements.append(bias(.projection, projection))
    guard let classes else { return requirements }
    return requirements + [
      matrix(.head(.classifier), classes, projection), bias(.head(.classifier), classes),
    ]
  }
}
