import Checkpoints
import Tensors

extension Checkpoint {
  /// The same architecture with new parameters: matrices from N(0, 0.02²), as BERT's were published, gains of norms 1, biases 0.
  ///
  /// - Parameter seed: of the numbers drawn; each parameter has a stream of its own.
  package func withFreshParameters(seed: UInt64) -> Checkpoint {
    var result = self
    for index in parameters.indices where parameters[index].storage.kind != .shared {
      let old = parameters[index]
      let fresh = Parameter.fresh(old.role, old.shape, seed: seed)
      result.parameters[index] = old.holding(fresh.storage, elementType: .f32)
    }
    result.copies.removeAll()
    result.isRewritten = true
    return result
  }
}
