import Documents
import Tensors

/// What calibration has found out about a model: how much each weight, head or neuron matters, and what its linears are fed.
///
/// Held in `*.statistics.safetensors`: `pare.statistics/1` under `schema` and the model's fingerprint under `model` in `__metadata__`; tensors
/// `ROLE.importance` (the weight's shape, or one number for each head or neuron, or for each rank of a product), `ROLE.gram` `[in, in]`,
/// `ROLE.sensitivity` `[out]`, `ROLE.sensitivity-gram` `[out, out]`, `ROLE.norm` and `ROLE.mean` `[in]`, `ROLE.count` `[1]`, `ROLE.fisher` (the weight's shape), `ROLE.masks` `[examples, heads or neurons]`, `ROLE.inverse-fisher` `[rows / r, columns / c, r · c, r · c]`, `ROLE.scale` `[rows]` or `[1]`,
/// `tokens.frequency` `[V]`, where ROLE is as `encoder.3.attention.query.weight`.
public struct Statistics: Sendable {
  public static let schema = "pare.statistics/1"

  public let path: String
  /// As ``Checkpoint/fingerprint()`` has it; nil where the file does not say.
  public let model: String?
  private let tensors: [String: Tensor]
  /// Whether they were measured on the very checkpoint that they are used for, and lie in no file.
  public let isOfTheMoment: Bool
  private var memory = StatisticsMemory(limit: 0)
  /// Those of which frequencies are told, by their numbers in the file; nil for all.
  private var tokens: [Int]?

  /// What was just measured on a checkpoint, by names such as `encoder.0.ffn.output.weight.importance`.
  public init(measured tensors: [String: Tensor]) {
    (path, model, isOfTheMoment) = ("", nil, true)
    self.tensors = tensors
  }

  /// - Throws: ``Failure`` if the container is no file of statistics.
  public init(_ container: Container) throws {
    isOfTheMoment = false
    path = container.files.first ?? ""
    let metadata = Dictionary(container.metadata.map { ($0.key, $0.value) }) { first, _ in first }
    guard metadata["schema"] == Self.schema else {
      throw Failure(StatisticsReason.otherSchema(metadata["schema"]), at: Place(file: path))
    }
    model = metadata["model"]
    tensors = Dictionary(container.tensors.map { ($0.name, $0.tensor) }) { first, _ in first }
  }

  /// How much each weight, or each head or neuron, matters; nil where it was not measured.
  public func importance(_ role: Role) throws -> (shape: Shape, values: [Float])? {
    try values("\(role).importance").map { (tensors["\(role).importance"]!.shape, $0) }
  }

  /// The sum of x·xᵀ over what a linear was fed, `[in, in]`; of a key or value that of the layer's query, and of a value that of its
  /// key, where it has none of its own, as they are fed the same.
  public func gram(_ role: Role, width: Int) throws -> [Float]? {
    for role in role.fedAlike {
      if let gram = try values("\(role).gram", shape: [width, width]) { return gram }
    }
    return nil
  }

  /// The Euclidean norm of each feature that a linear was fed, `[in]`.
  public func norm(_ role: Role, width: Int) throws -> [Float]? {
    if let norm = try values("\(role).norm", shape: [width]) { return norm }
    return try gram(role, width: width).map { gram in
      (0..<width).map { max(0, gram[$0 * (width + 1)]).squareRoot() }
    }
  }

  /// The mean of what a linear was fed, `[in]`; of keys and values as ``gram(_:width:)``.
  public func mean(_ role: Role, width: Int) throws -> [Float]? {
    for role in role.fedAlike {
      if let mean = try values("\(role).mean", shape: [width]) { return mean }
    }
    return nil
  }

  /// How many vectors a linear was fed; of keys and values as ``gram(_:width:)``.
  public func inputCount(_ role: Role) throws -> Float? {
    for role in role.fedAlike {
      if let count = try values("\(role).count", shape: [1]) { return count[0] }
    }
    return nil
  }

  /// The sum of (x − μ)·(x − μ)ᵀ over what a linear was fed, `[in, in]`: what is left of errors when the bias makes up for their mean.
  public func centredGram(_ role: Role, width: Int) throws -> [Float]? {
    guard var gram = try gram(role, width: width), let mean = try mean(role, width: width),
      let count = try inputCount(role)
    else { return nil }
    for row in 0..<width {
      let scale = Double(count) * Double(mean[row])
      for column in 0..<width {
        let place = row &* width &+ column
        gram[place] = Float(Double(gram[place]) - scale * Double(mean[column]))
      }
    }
    return gram
  }

  /// The mean of the squared derivative of the loss by each weight: the diagonal of the Fisher information.
  public func fisher(_ role: Role, of shape: Shape) throws -> [Float]? {
    try values("\(role).fisher", shape: shape)
  }

  /// The mean of the squared derivative of the model's scores by each number that a linear gives, `[out]`.
  public func sensitivity(_ role: Role, count: Int) throws -> [Float]? {
    try values("\(role).sensitivity", shape: [count])
  }

  /// The mean of g·gᵀ, g the derivative of the model's scores by the vectors that a table gives, `[out, out]`.
  public func sensitivityGram(_ role: Role, width: Int) throws -> [Float]? {
    try values("\(role).sensitivity-gram", shape: [width, width])
  }

  /// Whether it was measured how far scores move with what a linear or a table gives.
  package func hasSensitivity(_ role: Role) -> Bool { tensors["\(role).sensitivity"] != nil }

  /// The derivative of each example's loss by a mask of each head or neuron, of which the weight takes in what the mask lets through.
  ///
  /// - Returns: row-major, and the number of masks; nil where it was not measured.
  public func masks(_ role: Role) throws -> (values: [Float], count: Int)? {
    let name = "\(role).masks"
    guard let shape = tensors[name]?.shape, shape.rank == 2, shape[1] > 0 else { return nil }
    return try values(name).map { ($0, shape[1]) }
  }

  /// The inverse of the empirical Fisher information of a matrix, in blocks of r × c weights that are taken to be independent:
  /// `[rows / r, columns / c, r · c, r · c]`, the weights of a block row-major.
  ///
  /// - Returns: the blocks' numbers, and r and c; nil where it was not measured.
  public func inverseFisher(_ role: Role, of shape: Shape) throws -> (tensor: Tensor, block: Shape)?
  {
    let name = "\(role).inverse-fisher"
    guard let tensor = tensors[name] else { return nil }
    let found = tensor.shape
    guard tensor.elementType == .f32, found.rank == 4, shape.rank == 2, found[0] > 0, found[1] > 0,
      shape[0] % found[0] == 0, shape[1] % found[1] == 0,
      found[2] == shape[0] / found[0] * (shape[1] / found[1]), found[3] == found[2]
    else {
      throw Failure(
        StatisticsReason.shape(found, expected: shape), at: Place(file: path, tensor: name))
    }
    return (tensor, [shape[0] / found[0], shape[1] / found[1]])
  }

  /// The scales that codes of a matrix have, one for each row or one for all; nil where they are to follow the values.
  ///
  /// - Parameter part: of a product, `left` or `right`.
  public func scales(_ role: Role, part: String? = nil) throws -> [Float]? {
    try values("\(role)\(part.map { ".\($0)" } ?? "").scale")
  }

  /// Whether it was measured what a linear is fed.
  package func hasGram(_ role: Role) -> Bool { tensors["\(gramOwner(role)).gram"] != nil }

  /// The role under which the second moments stand that hold for a linear.
  package func gramOwner(_ role: Role) -> Role {
    role.fedAlike.first { tensors["\($0).gram"] != nil } ?? role
  }

  /// The same statistics, which keep what is worked out of them for those who ask again, up to so many bytes.
  package func withMemory(limit: Int) -> Statistics {
    var result = self
    result.memory = StatisticsMemory(limit: limit)
    return result
  }

  /// What some work gives, done once where there is memory for it.
  package func remembering<Value: Sendable>(
    _ key: String, byteCount: Int, _ work: () throws -> Value
  ) throws -> Value {
    try memory.value(key, byteCount: byteCount, work)
  }

  /// How often each token occurs.
  public func tokenFrequencies(count: Int) throws -> [Float]? {
    let name = "tokens.frequency"
    guard let tokens else { return try values(name, shape: [count]) }
    guard let all = try values(name) else { return nil }
    guard tokens.count == count, tokens.allSatisfy(all.indices.contains) else {
      throw Failure(
        StatisticsReason.shape([all.count], expected: [count]), at: Place(file: path, tensor: name))
    }
    return tokens.map { all[$0] }
  }

  /// The same of a model that has kept some tokens only.
  ///
  /// - Parameter tokens: which, in their new order, by the numbers that they had when the model was measured.
  package func keeping(tokens: [Int]) -> Statistics {
    var result = self
    result.tokens = tokens
    return result
  }

  /// Fails unless the statistics were gathered on that model.
  public func check(isOf checkpoint: Checkpoint) throws {
    guard let model else { return }
    guard try checkpoint.fingerprint() == model else {
      throw Failure(StatisticsReason.otherModel, at: Place(file: path))
    }
  }

  private func values(_ name: String, shape: Shape? = nil) throws -> [Float]? {
    guard let tensor = tensors[name] else { return nil }
    let place = Place(file: path, tensor: name)
    guard shape == nil || tensor.shape == shape else {
      throw Failure(
        StatisticsReason.shape(tensor.shape, expected: shape!), at: place)
    }
    do {
      let values = try tensor.singles()
      guard values.allSatisfy(\.isFinite) else { throw Failure(StatisticsReason.notFinite) }
      return values
    } catch let failure as Failure {
      throw failure.within(place)
    }
  }
}

extension Role {
  /// The role, then those of its layer whose linears are fed the same, unless they have statistics of their own.
  fileprivate var fedAlike: [Role] {
    guard case .layer(let index, let part) = module else { return [self] }
    let parts: [LayerModule] =
      switch part {
      case .key: [.key, .query]
      case .value: [.value, .key, .query]
      default: [part]
      }
    return parts.map { Role(.layer(index, $0), kind) }
  }
}

/// What is wrong with a file of statistics.
package enum StatisticsReason: Reason {
  case otherSchema(String?)
  case otherModel
  case shape(Shape, expected: Shape)
  case notFinite

  package var description: String {
    switch self {
    case .otherSchema(let schema):
      "is no file of statistics: its schema is \(schema.map { "'\(printable($0))'" } ?? "missing"),"
        + " not '\(Statistics.schema)'"
    case .otherModel: "holds the statistics of another model"
    case .shape(let found, let expected): "is \(found) where the model asks for \(expected)"
    case .notFinite: "holds numbers that are not finite"
    }
  }
}
