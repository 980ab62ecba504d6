import Kernels
import Tensors

extension QuantizationScheme {
  /// How many values a code stands for.
  var codeWidth: Int {
    if case .product(let entries) = self { return max(1, entries.shape.lengths.last ?? 1) }
    return 1
  }

  /// What turns codes into the numbers of a matrix.
  ///
  /// - Throws: ``Failure`` if a part does not fit the matrix.
  func decoder(_ extent: MatrixExtent) throws -> any CodeDecoder {
    switch self {
    case .uniform(_, let granularity, let scales, let zeroPoints, let groupIndex):
      guard let grid = granularity.grid(rows: extent.rows, columns: extent.columns) else {
        throw Failure(StorageReason.parts("a granularity", of: extent.description))
      }
      return try UniformDecoder(
        grid, scales: scales.singles(), zeroPoints: zeroPoints?.smallIntegers(),
        tiles: groupIndex?.smallIntegers())
    case .codebook(_, let entries): return CodebookDecoder(entries: try entries.singles())
    case .product(let entries):
      let shape = entries.shape
      guard shape.rank == 3, shape[2] > 0, extent.columns % shape[2] == 0,
        shape[0] == extent.columns / shape[2]
      else {
        throw Failure(
          StorageReason.parts("a product code's entries", of: extent.description))
      }
      return ProductDecoder(
        spaces: shape[0], count: shape[1], width: shape[2], entries: try entries.singles())
    case .rowStep(let steps):
      let grid = ScaleGrid(
        rows: extent.rows, columns: extent.columns, height: 1, width: max(1, extent.columns))
      guard steps.elementCount == extent.rows else {
        throw Failure(StorageReason.parts("steps", of: extent.description))
      }
      return try UniformDecoder(grid, scales: steps.singles(), zeroPoints: nil)
    }
  }
}

extension QuantizationScheme.Granularity {
  /// The tiles of a matrix that share a scale; nil if they would be empty.
  package func grid(rows: Int, columns: Int) -> ScaleGrid? {
    var (height, width) = (1, max(1, columns))
    switch self {
    case .tensor: height = max(1, rows)
    case .axis(0): break
    case .axis: (height, width) = (max(1, rows), 1)
    case .group(let size): width = size
    case .block(let rows, let columns): (height, width) = (rows, columns)
    }
    guard height > 0, width > 0 else { return nil }
    return ScaleGrid(rows: rows, columns: columns, height: height, width: width)
  }
}

extension Tensor {
  /// The elements as integers.
  ///
  /// - Throws: as ``smallIntegers()``.
  package func integers() throws -> [Int] { try smallIntegers().map(Int.init) }

  /// The elements as integers that are small, such as zero points.
  ///
  /// - Throws: ``Failure`` if the type is no integer type, or a number is beyond ``Codes/limit``.
  package func smallIntegers() throws -> [Int32] {
    try [Int32](unsafeUninitializedCapacity: elementCount) { buffer, count in
      let target = UnsafeMutableBufferPointer(rebasing: buffer[..<elementCount])
      try withBytes { try Codes.read($0, elementType, into: target) }
      count = elementCount
    }
  }
}
