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

  /// Some rows of codes are decoded as quickly alone; factors and masks are only worth decoding whole.
  var pieceSize: Int {
    guard case .quantized(let codes, _) = storage, codes.source.pieceSize < codes.byteCount else {
      return max(1, byteCount)
    }
    return max(1, Self.usualPieceSize / rowSize) * rowSize
  }

  private var rowSize: Int { max(1, MatrixExtent(shape).columns * (type.byteWidth ?? 1)) }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard !range.isEmpty else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    let rows = (range.lowerBound / rowSize)..<((range.upperBound - 1) / rowSize + 1)
    let start = range.lowerBound - rows.lowerBound * rowSize
    let count = rows.count * MatrixExtent(shape).columns
    return try withScratch(count * 4) { scratch in
      let singles = scratch.bindMemory(to: Float.self)
      try storage.rows(of: shape).read(rows, into: singles)
      let part = start..<(start + range.count)
      if type == .f32 { return try body(UnsafeRawBufferPointer(rebasing: scratch[part])) }
      return try withScratch(rows.count * rowSize) { converted in
        Cast.convert(UnsafeRawBufferPointer(scratch), .f32, to: converted, type)
        return try body(UnsafeRawBufferPointer(rebasing: converted[part]))
      }
    }
  }
}
