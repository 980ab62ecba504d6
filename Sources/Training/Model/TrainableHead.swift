import Kernels

/// What stands on an encoder, trained: linear maps one after the other, on the first token or on every one.
struct TrainableHead {
  let stages: [Stage]
  let readsFirstTokenOnly: Bool

  struct Stage {
    /// The probability of dropping what it reads.
    var dropout: Float = 0
    let linear: TrainableLinear
    var activation: ActivationFunction?
    var norm: TrainableNorm?
  }

  func callAsFunction(_ x: Node, dropout: Bool, _ tape: Tape) throws -> Node {
    try stages.reduce(x) { x, stage in
      let kept = try tape.dropout(x, probability: dropout ? stage.dropout : 0)
      var y = try stage.linear(kept, tape)
      if let activation = stage.activation { y = try tape.activation(activation, y) }
      return try stage.norm?(y, tape) ?? y
    }
  }
}
