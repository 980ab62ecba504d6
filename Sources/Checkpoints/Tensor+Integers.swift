import Kernels
import Tensors

extension Tensor {
  /// The elements as integers.
  ///
  /// - Throws: ``Failure`` if the type is no integer type, or a magnitude is beyond ``Codes/limit``.
  package func integers() throws -> [Int] {
    var codes = [Int32](repeating: 0, count: elementCount)
    try withBytes { bytes in
      try codes.withUnsafeMutableBufferPointer { try Codes.read(bytes, elementType, into: $0) }
    }
    return codes.map(Int.init)
  }
}
