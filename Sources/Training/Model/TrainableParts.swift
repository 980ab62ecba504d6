import Kernels

/// A linear map that is trained: y = W · x + b, on composed storage.
struct TrainableLinear {
  let weight: TrainableStorage
  let bias: TrainableParameter?

  func callAsFunction(_ x: Node, _ tape: Tape) throws -> Node {
    if let observer = tape.inputObserver, let parameter = weight.parameters.first {
      try observer(parameter.id.role, x.value)
    }
    let y = try Self.apply(weight, x, bias: try bias.map(tape.node), tape)
    tape.observeGradient(of: y, from: weight.parameters.first?.id.role)
    return y
  }

  private static func apply(
    _ weight: TrainableStorage, _ x: Node, bias: Node?, _ tape: Tape
  ) throws -> Node {
    switch weight {
    case .whole(let parameter): return try tape.linear(x, try tape.node(parameter), bias: bias)
    case .product(let left, let right):
      let inner = try apply(right, x, bias: nil, tape)
      return try apply(left, inner, bias: bias, tape)
    case .sum(let first, let second):
      return try tape.sum([
        (1, try apply(first, x, bias: bias, tape)), (1, try apply(second, x, bias: nil, tape)),
      ])
    }
  }
}

/// Layer normalization that is trained.
struct TrainableNorm {
  let gain: TrainableParameter
  let bias: TrainableParameter
  let epsilon: Float

  /// norm(residual + dropout(x)).
  func callAsFunction(
    _ x: Node, adding residual: Node? = nil, dropout: Float = 0, _ tape: Tape
  ) throws -> Node {
    try tape.layerNorm(
      x, adding: residual, gain: try tape.node(gain), bias: try tape.node(bias), epsilon: epsilon,
      probability: dropout)
  }
}

/// Tables whose rows are looked up and added, with their norm, and the projection where widths differ.
struct TrainableEmbeddings {
  let words: TrainableStorage
  let positions: TrainableStorage
  let types: TrainableStorage?
  let norm: TrainableNorm
  let projection: TrainableLinear?

  func callAsFunction(_ batch: TokenBatch, dropout: Float, _ tape: Tape) throws -> Node {
    var plain: [(indices: [Int32], table: TrainableParameter)] = []
    var composed: [Node] = []
    for (indices, table) in [
      (batch.ids, words), (batch.positions, positions), (batch.types, types),
    ] {
      switch table {
      case nil: break
      case .whole(let parameter)?: plain.append((indices, parameter))
      case let table?: composed.append(try Self.lookUp(indices, in: table, tape))
      }
    }
    var parts = composed
    if !plain.isEmpty { parts.insert(try tape.lookUp(plain), at: 0) }
    let all = parts.count == 1 ? parts[0] : try tape.sum(parts.map { (1, $0) })
    // What is added to words' vectors has their gradient.
    tape.observeGradient(of: all, from: words.parameters.first?.id.role)
    let x = try tape.dropout(try norm(all, tape), probability: dropout)
    return try projection?(x, tape) ?? x
  }

  static func lookUp(
    _ indices: [Int32], in table: TrainableStorage, _ tape: Tape
  ) throws -> Node {
    switch table {
    case .whole(let parameter): return try tape.lookUp([(indices, parameter)])
    case .product(let left, let right):
      return try multiply(try lookUp(indices, in: left, tape), right, tape)
    case .sum(let first, let second):
      return try tape.sum([
        (1, try lookUp(indices, in: first, tape)), (1, try lookUp(indices, in: second, tape)),
      ])
    }
  }

  private static func multiply(
    _ x: Node, _ matrix: TrainableStorage, _ tape: Tape
  ) throws -> Node {
    switch matrix {
    case .whole(let parameter): return try tape.product(x, try tape.node(parameter))
    case .product(let left, let right):
      return try multiply(try multiply(x, left, tape), right, tape)
    case .sum(let first, let second):
      return try tape.sum([
        (1, try multiply(x, first, tape)), (1, try multiply(x, second, tape)),
      ])
    }
  }
}
