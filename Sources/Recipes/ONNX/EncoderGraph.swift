import Checkpoints
import Encoders
import Kernels
import Tensors

/// The operations of a transformer encoder and its head, as the family's reference implementation has them.
///
/// Inputs are `input_ids`, `attention_mask` and, where the model has several types, `token_type_ids`, each `[batch, sequence]` of I64. Outputs go by the
/// names that transformers gives them.
struct EncoderGraph {
  private var builder: GraphBuilder
  private let encoder: EncoderArchitecture
  private let settings: EncoderSettings
  private let hasTypes: Bool

  /// - Parameter weights: the names and element types of weights in the file, by their roles.
  /// - Throws: ``Failure`` if the model's settings are not known, or a parameter is missing.
  static func graph(
    of checkpoint: Checkpoint, _ encoder: EncoderArchitecture,
    weights: [Role: (name: String, type: ElementType)]
  ) throws -> OperatorGraph {
    var graph = try EncoderGraph(checkpoint, encoder, weights)
    try graph.build()
    return graph.builder.graph
  }

  private init(
    _ checkpoint: Checkpoint, _ encoder: EncoderArchitecture,
    _ weights: [Role: (name: String, type: ElementType)]
  ) throws {
    self.encoder = encoder
    settings = try EncoderSettings(
      encoder.family, checkpoint.configuration, dialect: checkpoint.dialect,
      positions: encoder.positions)
    builder = GraphBuilder(weights: weights)
    hasTypes = builder.has(.embedding(.type)) && encoder.types > 1
  }

  private static let (batch, sequence) = ("batch", "sequence")
  private static let tokens: [OperatorGraph.Length] = [.named(batch), .named(sequence)]

  private mutating func build() throws {
    for name in ["input_ids", "attention_mask"] + (hasTypes ? ["token_type_ids"] : []) {
      builder.takeIn(OperatorGraph.Value(name, .i64, Self.tokens))
    }
    var states = try embeddings()
    let bias = maskBias()
    for place in encoder.layers.indices { states = try layer(place, states, bias) }
    try head(on: states)
  }

  // MARK: Embeddings

  private mutating func embeddings() throws -> String {
    builder.scope = "embeddings"
    var sum = try builder.rows(of: Role(.embedding(.word), .weight), "input_ids")
    let positions = try builder.rows(of: Role(.embedding(.position), .weight), self.positions())
    sum = builder.add("Add", sum, positions)
    if builder.has(.embedding(.type)) {
      // A single type is that of every token.
      let type = hasTypes ? "token_type_ids" : builder.integer(0)
      let types = try builder.rows(of: Role(.embedding(.type), .weight), type)
      sum = builder.add("Add", sum, types)
    }
    let normed = try builder.norm(.embedding(.norm), sum, epsilon: settings.normEpsilon)
    guard builder.has(.embedding(.projection)) else { return normed }
    return try builder.linear(.embedding(.projection), normed)
  }

  /// Row after row of the position embedding; RoBERTa counts from behind the padding token's, which takes none.
  private mutating func positions() -> String {
    if let padding = settings.paddingID {
      let pad = builder.integer(Int(padding))
      let isText = builder.add("Not", builder.add("Equal", "input_ids", pad))
      let ones = builder.add("Cast", isText, attributes: [("to", .int64(7))])
      let counts = builder.add("CumSum", ones, builder.integer(1))
      return builder.add("Add", builder.add("Mul", counts, ones), pad)
    }
    let shape = builder.add("Shape", "input_ids")
    let axis = builder.integer(1)
    let count = builder.add("Gather", shape, axis, attributes: [("axis", .int64(0))])
    return builder.add("Range", builder.integer(0), count, axis)
  }

  /// What is added to scores: nothing for a text's tokens, the least number for those that fill it up. `[batch, 1, 1, sequence]`.
  private mutating func maskBias() -> String {
    let mask = builder.add("Cast", "attention_mask", attributes: [("to", .int64(1))])
    let wide = builder.add("Unsqueeze", mask, builder.integers([1, 2]))
    let hidden = builder.add("Sub", builder.number(1), wide)
    return builder.add("Mul", hidden, builder.number(-Float.greatestFiniteMagnitude))
  }

  // MARK: Layers

  private mutating func layer(_ place: Int, _ x: String, _ bias: String) throws -> String {
    let stored = encoder.storedLayer(runAs: place)
    let shape = encoder.layers[place]
    func module(_ part: LayerModule) -> Module { .layer(stored, part) }
    builder.scope = "encoder/layer.\(place)"
    var states = x
    let mixed = try attention(stored, shape, x, bias)
    states = builder.add("Add", mixed, x)
    states = try builder.norm(module(.attentionNorm), states, epsilon: settings.normEpsilon)
    let wide = try builder.linear(module(.intermediate), states)
    let narrow = try builder.linear(module(.output), builder.activation(settings.activation, wide))
    return try builder.norm(
      module(.outputNorm), builder.add("Add", narrow, states), epsilon: settings.normEpsilon)
  }

  private mutating func attention(
    _ stored: Int, _ shape: LayerShape, _ x: String, _ bias: String
  ) throws -> String {
    guard let heads = shape.heads, heads > 0, shape.attention % heads == 0 else {
      throw Failure(ModelReason.headsUnknown)
    }
    let width = shape.attention / heads
    let parted = builder.integers([0, 0, heads, width])
    func module(_ part: LayerModule) -> Module { .layer(stored, part) }
    func split(_ part: LayerModule, _ order: [Int]) throws -> String {
      let rows = builder.add("Reshape", try builder.linear(module(part), x), parted)
      return builder.add("Transpose", rows, attributes: [("perm", .axes(order))])
    }
    let query = try split(.query, [0, 2, 1, 3])
    let key = try split(.key, [0, 2, 3, 1])
    let value = try split(.value, [0, 2, 1, 3])
    let products = builder.add("MatMul", query, key)
    let scores = builder.add("Mul", products, builder.number(1 / Float(width).squareRoot()))
    let shares = builder.add(
      "Softmax", builder.add("Add", scores, bias), attributes: [("axis", .int64(-1))])
    let mixed = builder.add(
      "Transpose", builder.add("MatMul", shares, value),
      attributes: [("perm", .axes([0, 2, 1, 3]))])
    let joined = builder.add("Reshape", mixed, builder.integers([0, 0, shape.attention]))
    return try builder.linear(module(.attentionOutput), joined)
  }
}

extension EncoderGraph {
  // MARK: Heads

  private static let perToken = tokens

  private mutating func head(on states: String) throws {
    builder.scope = "head"
    let batch = OperatorGraph.Length.named(Self.batch)
    switch encoder.head {
    case .none:
      builder.giveOut(states, as: "last_hidden_state", Self.perToken + [.fixed(encoder.hidden)])
      guard builder.has(.pooler) else { return }
      builder.giveOut(try pooled(states), as: "pooler_output", [batch, .fixed(encoder.hidden)])
    case .sequenceClassification, .multipleChoice:
      let scores = try builder.linear(.head(.classifier), try classified(states))
      builder.giveOut(scores, as: "logits", [batch, .named("labels")])
    case .nextSentence:
      builder.giveOut(
        try builder.linear(.head(.nextSentence), try pooled(states)), as: "logits",
        [batch, .fixed(2)])
    case .tokenClassification:
      builder.giveOut(
        try builder.linear(.head(.classifier), states), as: "logits",
        Self.perToken + [.named("labels")])
    case .questionAnswering: try answers(states)
    case .maskedLanguageModel:
      builder.giveOut(
        try words(states), as: "logits", Self.perToken + [.fixed(encoder.vocabulary)])
    case .preTraining:
      builder.giveOut(
        try words(states), as: "prediction_logits", Self.perToken + [.fixed(encoder.vocabulary)])
      guard builder.has(.head(.nextSentence)) else { return }
      builder.giveOut(
        try builder.linear(.head(.nextSentence), try pooled(states)),
        as: encoder.family == .albert ? "sop_logits" : "seq_relationship_logits",
        [batch, .fixed(2)])
    case .replacedTokenDetection:
      let dense = try builder.linear(.head(.discriminatorDense), states)
      let scores = try builder.linear(
        .head(.discriminator), builder.activation(settings.activation, dense))
      builder.giveOut(
        builder.add("Squeeze", scores, builder.integers([-1])), as: "logits", Self.perToken)
    }
  }

  private mutating func firstToken(_ states: String) -> String {
    builder.add("Gather", states, builder.integer(0), attributes: [("axis", .int64(1))])
  }

  private mutating func pooled(_ states: String) throws -> String {
    builder.add("Tanh", try builder.linear(.pooler, firstToken(states)))
  }

  /// What a classifier's last linear reads.
  private mutating func classified(_ states: String) throws -> String {
    let dense = Module.head(.classifierDense)
    let activation: ActivationFunction
    switch encoder.family {
    case .bert, .albert: return try pooled(states)
    case .roberta, .xlmRoberta:
      guard builder.has(dense) else { return try pooled(states) }
      activation = .tanh
    case .distilbert: activation = .relu
    case .electra: activation = .gelu
    }
    return builder.activation(activation, try builder.linear(dense, firstToken(states)))
  }

  private mutating func answers(_ states: String) throws {
    let scores = try builder.linear(.head(.questionAnswering), states)
    for (column, name) in ["start_logits", "end_logits"].enumerated() {
      let part = builder.add(
        "Gather", scores, builder.integer(column), attributes: [("axis", .int64(2))])
      builder.giveOut(part, as: name, Self.perToken)
    }
  }

  /// The scores of all words; the decoder is the word embedding where the model has none of its own.
  private mutating func words(_ states: String) throws -> String {
    let activation: ActivationFunction =
      switch encoder.family {
      case .roberta, .xlmRoberta, .electra: .gelu
      case .bert, .distilbert, .albert: settings.activation
      }
    let dense = try builder.linear(.head(.maskedTransform), states)
    let transformed = try builder.norm(
      .head(.maskedNorm), builder.activation(activation, dense), epsilon: settings.normEpsilon)
    let decoder = Module.head(.maskedDecoder)
    let table = builder.has(decoder) ? decoder : .embedding(.word)
    let scores = builder.add("MatMul", transformed, try builder.turned(Role(table, .weight)))
    return builder.add("Add", scores, try builder.weight(Role(decoder, .bias)))
  }
}
