import Kernels
import Tensors

extension Storage {
  /// The dense values as a tensor, worked out when they are asked for.
  ///
  /// - Parameter elementType: a floating-point type; a dense storage keeps its own.
  public func tensor(of shape: Shape, as elementType: ElementType) -> Tensor {
    if case .dense(let tensor) = self { return tensor.reshaped(shape) }
    return Tensor(
      elementType, shape, source: DecodedSource(storage: self, shape: shape, type: elementType))
  }
}

/// The values of a composed storage, decoded each time they are asked for.
private struct DecodedSource: TensorSource {
  let storage: Storage
  let shape: Shape
  let type: ElementType

  var byteCount: Int { shape.elementCount * (type.byteWidth ?? 1) }
  /// Factors and masks are only worth decoding whole.
  var pieceSize: Int { max(1, byteCount) }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let values = try storage.values(of: shape)
    return try values.withUnsafeBytes { values in
      if type == .f32 { return try body(UnsafeRawBufferPointer(rebasing: values[range])) }
      return try withScratch(byteCount) { scratch in
        Cast.convert(values, .f32, to: scratch, type)
        return try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(scratch)[range]))
      }
    }
  }
}
