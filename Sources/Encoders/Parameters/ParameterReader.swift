import Checkpoints
import Kernels
import Tensors

/// Takes parameters out of a checkpoint, by their roles, in the forms that the forward pass reads.
struct ParameterReader {
  let checkpoint: Checkpoint
  let compute: Compute
  private let parameters: [Role: Parameter]

  init(_ checkpoint: Checkpoint, compute: Compute) {
    self.checkpoint = checkpoint
    self.compute = compute
    parameters = Dictionary(
      checkpoint.parameters.map { ($0.role, $0) }, uniquingKeysWith: { first, _ in first })
  }

  func has(_ module: Module) -> Bool { parameters[Role(module, .weight)] != nil }

  /// A parameter and, where it is tied to another, that one's storage.
  func find(_ role: Role) throws -> (Parameter, Storage) {
    guard let parameter = parameters[role] else {
      throw Failure(EncoderReason.missing(role), at: Place(file: checkpoint.container.files.first))
    }
    var storage = parameter.storage
    var steps = 0
    while case .shared(let other) = storage {
      guard steps < 8, let owner = parameters[other] else {
        throw Failure(StorageReason.unresolved(other), at: place(parameter))
      }
      storage = owner.storage
      steps += 1
    }
    return (parameter, storage)
  }

  /// A bias, or the gain of a norm.
  func vector(_ role: Role, count: Int) throws -> FloatVector {
    let (parameter, storage) = try find(role)
    guard parameter.shape.elementCount == count else {
      throw Failure(
        EncoderReason.shape(role, found: parameter.shape, expected: "[\(count)]"),
        at: place(parameter))
    }
    return try reading(parameter) {
      let values = try storage.values(of: [count])
      guard values.allSatisfy(\.isFinite) else { throw Failure(EncoderReason.notFinite) }
      return FloatVector(values)
    }
  }

  /// A table of embeddings.
  func table(_ part: EmbeddingModule, rows: Int, width: Int) throws -> EmbeddingTable {
    let role = Role(.embedding(part), .weight)
    let (parameter, storage) = try find(role)
    guard parameter.shape == [rows, width], rows > 0 else {
      throw Failure(
        EncoderReason.shape(
          role, found: parameter.shape, expected: "[\(atLeastOne(rows)), \(width)]"),
        at: place(parameter))
    }
    return try reading(parameter) {
      try EmbeddingTable(storage, rows: rows, width: width, compute: compute)
    }
  }

  /// The recurrent matrix of an LSTM, worked out whatever its storage: it is small, and multiplied by one vector at a time.
  func recurrent(_ direction: Direction, hidden: Int) throws -> RecurrentWeights {
    let role = Role(.lstm(direction, .recurrent), .weight)
    let (parameter, storage) = try find(role)
    let shape: Shape = [RecurrentWeights.gates * hidden, hidden]
    guard parameter.shape == shape, hidden > 0 else {
      throw Failure(
        EncoderReason.shape(role, found: parameter.shape, expected: "\(shape)"),
        at: place(parameter))
    }
    return try reading(parameter) {
      let values = try storage.values(of: shape)
      guard values.allSatisfy(\.isFinite) else { throw Failure(EncoderReason.notFinite) }
      return try values.withUnsafeBufferPointer {
        try RecurrentWeights(hidden: hidden, floats: $0)
      }
    }
  }

  /// A linear map; of any number of rows where that is nil.
  func linear(_ module: Module, rows: Int?, columns: Int) throws -> Linear {
    let role = Role(module, .weight)
    let (parameter, storage) = try find(role)
    let shape = parameter.shape
    guard shape.rank == 2, shape[0] == rows ?? shape[0], shape[0] > 0, shape[1] == columns else {
      let expected = "[\(rows.map(atLeastOne) ?? "any"), \(columns)]"
      throw Failure(
        EncoderReason.shape(role, found: shape, expected: expected), at: place(parameter))
    }
    let weights = try reading(parameter) {
      try LinearWeights(storage, rows: shape[0], columns: columns, compute: compute)
    }
    return Linear(
      weights: weights, bias: try vector(Role(module, .bias), count: shape[0]), rows: shape[0],
      columns: columns)
  }

  /// A linear map whose matrix is the word embedding: what a masked-language-model head decodes with
  /// unless it stores a matrix of its own.
  func decoder(vocabulary: Int, width: Int) throws -> Linear {
    let own = Role(.head(.maskedDecoder), .weight)
    let role = parameters[own] == nil ? Role(.embedding(.word), .weight) : own
    let (parameter, storage) = try find(role)
    guard parameter.shape == [vocabulary, width] else {
      throw Failure(
        EncoderReason.shape(role, found: parameter.shape, expected: "[\(vocabulary), \(width)]"),
        at: place(parameter))
    }
    let weights = try reading(parameter) {
      try LinearWeights(storage, rows: vocabulary, columns: width, compute: compute)
    }
    let bias = try vector(Role(.head(.maskedDecoder), .bias), count: vocabulary)
    return Linear(weights: weights, bias: bias, rows: vocabulary, columns: width)
  }

  func norm(_ module: Module, width: Int, epsilon: Float) throws -> Norm {
    Norm(
      gain: try vector(Role(module, .weight), count: width),
      bias: try vector(Role(module, .bias), count: width), epsilon: epsilon)
  }

  /// Names the tensor in whatever goes wrong.
  func reading<Value>(_ parameter: Parameter, _ body: () throws -> Value) throws -> Value {
    do { return try body() } catch let failure as Failure {
      throw failure.within(place(parameter))
    }
  }

  private func place(_ parameter: Parameter) -> Place {
    Place(file: checkpoint.container.files.first, tensor: parameter.name)
  }
}

/// A length that a message asks for: none is too few.
func atLeastOne(_ length: Int) -> String { length > 0 ? "\(length)" : "1 or more" }

/// Layer normalization (Ba et al., "Layer Normalization", 2016).
struct Norm: Sendable {
  let gain: FloatVector
  let bias: FloatVector
  let epsilon: Float

  func run(_ x: Activations, adding residual: Activations? = nil, panels: Range<Int>) {
    LayerNorm.run(
      x, adding: residual, gain: gain.base, bias: bias.base, epsilon: epsilon,
      features: gain.count, panels: panels)
  }
}
