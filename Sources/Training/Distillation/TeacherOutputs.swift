import Checkpoints
import Kernels
import Tensors

/// What a teacher says, worked out once: a row for each example, or for each of its tokens, read from where it is kept as it is needed.
package struct TeacherOutputs: Sendable {
  package let columns: Int
  package let count: Int
  private let tensor: Tensor

  /// - Precondition: the tensor is `[rows, columns]`, of floats.
  package init(_ tensor: Tensor) {
    precondition(tensor.shape.rank == 2 && tensor.elementType.isFloat)
    (count, columns) = (tensor.shape[0], tensor.shape[1])
    self.tensor = tensor
  }

  /// Some of the rows, in the order given.
  ///
  /// - Throws: ``Failure`` if they cannot be read.
  func rows(_ indices: [Int], _ tape: Tape) throws -> Matrix {
    let result = try tape.matrix(rows: indices.count, columns: columns)
    let width = tensor.byteCount / max(1, count)
    for (row, index) in indices.enumerated() {
      let target = UnsafeMutableRawBufferPointer(start: result.row(row), count: columns * 4)
      try tensor.source.withBytes((index * width)..<((index + 1) * width)) {
        _ = Cast.convert($0, tensor.elementType, to: target, .f32)
      }
    }
    return result
  }
}
