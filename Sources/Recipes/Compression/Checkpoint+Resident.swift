import Checkpoints
import Passes
import Tensors

extension Checkpoint {
  /// The same with its factors and masks worked out and held in memory, so that passes behind do not work them out again.
  func resident() throws -> Checkpoint {
    try replacing { parameter in
      switch parameter.storage {
      case .factorized(.dense(let left), .dense(let right)):
        parameter.holding(
          .factorized(
            left: .dense(try left.resident()), right: .dense(try right.resident())))
      case .sparse(let mask, .dense(let values)):
        parameter.holding(
          .sparse(
            mask: Mask(
              kept: try mask.kept.resident(), denseShape: mask.denseShape, block: mask.block),
            values: .dense(try values.resident())))
      default: nil
      }
    }
  }
}

extension Tensor {
  fileprivate func resident() throws -> Tensor {
    Tensor(elementType, shape, source: MemorySource(try withBytes { Array($0) }))
  }
}
