import Kernels
import Tensors

extension Storage {
  /// The matrix that the storage stands for, to be read some rows at a time: masks filled with zeros, codes decoded,
  /// factors multiplied out.
  ///
  /// - Parameter shape: the logical shape; a vector is taken as a matrix of one row.
  /// - Throws: ``Failure`` if parts do not fit one another, or if it is `shared`, which only its
  ///   checkpoint can resolve.
  package func rows(of shape: Shape) throws -> any RowReader {
    try rows(of: MatrixExtent(shape))
  }

  /// All values of a matrix as singles, row-major.
  ///
  /// - Throws: as ``rows(of:)``.
  package func values(of shape: Shape) throws -> [Float] { try rows(of: shape).values() }

  private func rows(of extent: MatrixExtent) throws -> any RowReader {
    switch self {
    case .dense(let tensor):
      try Storage.check(
        tensor.elementCount == extent.count, "a dense tensor", tensor.shape, extent)
      guard tensor.elementType.isFloat else {
        throw Failure(StorageReason.notFloat(tensor.elementType))
      }
      return TensorRows(tensor, rows: extent.rows, columns: extent.columns)
    case .quantized(let codes, let scheme):
      return try QuantizedRows(
        codes, scheme.decoder(extent), rows: extent.rows, columns: extent.columns)
    case .sparse(let mask, let values):
      return try Storage.maskedRows(mask, values, extent)
    case .factorized(let left, let right):
      let rank = try Storage.rank(left, right, extent)
      return try ProductRows(
        left: left.rows(of: MatrixExtent(rows: extent.rows, columns: rank)),
        right: right.rows(of: MatrixExtent(rows: rank, columns: extent.columns)).values(),
        columns: extent.columns)
    case .sum(let left, let right):
      return SumRows(left: try left.rows(of: extent), right: try right.rows(of: extent))
    case .shared(let role):
      throw Failure(StorageReason.unresolved(role))
    }
  }

  private static func maskedRows(
    _ mask: Mask, _ values: Storage, _ extent: MatrixExtent
  ) throws -> any RowReader {
    let geometry = try mask.geometry(extent)
    switch values {
    case .dense(let tensor):
      try check(
        tensor.elementCount == geometry.keptCount, "the values under a mask", tensor.shape, extent)
      guard tensor.elementType.isFloat else {
        throw Failure(StorageReason.notFloat(tensor.elementType))
      }
      return try MaskedRows(geometry, values: tensor, decoder: nil)
    case .quantized(let codes, let scheme):
      if case .product = scheme { throw Failure(StorageReason.productUnderMask) }
      return try MaskedRows(geometry, values: codes, decoder: scheme.decoder(extent))
    default: throw Failure(StorageReason.illegalNesting(outer: .sparse, inner: values.kind))
    }
  }

  /// The inner length of a product of factors.
  package static func rank(_ left: Storage, _ right: Storage, rows: Int, columns: Int) throws -> Int
  {
    try rank(left, right, MatrixExtent(rows: rows, columns: columns))
  }

  private static func rank(_ left: Storage, _ right: Storage, _ extent: MatrixExtent) throws -> Int
  {
    let (leftCount, rightCount) = (left.denseCount, right.denseCount)
    let rank = extent.rows > 0 ? leftCount / extent.rows : 0
    let fits =
      rank > 0 && rank.multipliedReportingOverflow(by: extent.rows) == (leftCount, false)
      && rank.multipliedReportingOverflow(by: extent.columns) == (rightCount, false)
    guard fits else {
      throw Failure(StorageReason.factors(leftCount, rightCount, of: extent.description))
    }
    return rank
  }

  /// The number of values, as if dense; -1 where that is beyond any matrix.
  private var denseCount: Int {
    switch self {
    case .dense(let tensor): return tensor.elementCount
    case .quantized(let codes, let scheme):
      let (count, overflow) = codes.elementCount.multipliedReportingOverflow(by: scheme.codeWidth)
      return overflow ? -1 : count
    case .sparse(let mask, _): return mask.denseShape.elementCount
    case .sum(let left, _): return left.denseCount
    case .factorized, .shared: return 0
    }
  }

  private static func check(
    _ fits: Bool, _ what: String, _ shape: Shape, _ extent: MatrixExtent
  ) throws {
    guard fits else {
      throw Failure(StorageReason.misfit(what, shape: shape, of: extent.description))
    }
  }
}

/// The rows and columns of a matrix.
struct MatrixExtent: CustomStringConvertible {
  var rows: Int
  var columns: Int

  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  init(_ shape: Shape) {
    columns = shape.rank > 1 ? shape.elementCount / max(1, shape[0]) : shape.elementCount
    rows = shape.elementCount / max(1, columns)
  }

  var count: Int { rows * columns }
  var description: String { "[\(rows), \(columns)]" }
}

extension Mask {
  /// Where the kept elements stand in a matrix of the dense shape.
  ///
  /// - Throws: ``Failure`` if the mask does not fit the shape.
  package func geometry(of shape: Shape) throws -> MaskGeometry {
    try geometry(MatrixExtent(shape))
  }

  func geometry(_ extent: MatrixExtent) throws -> MaskGeometry {
    let (height, width) = (block.rank == 2 ? block[0] : 1, block.rank == 2 ? block[1] : 1)
    let fits =
      kept.elementType == .bool && height > 0 && width > 0
      && denseShape.elementCount == extent.count && extent.rows % height == 0
      && extent.columns % width == 0
      && kept.elementCount == extent.rows / height * (extent.columns / width)
    guard fits else {
      throw Failure(StorageReason.misfit("a mask", shape: kept.shape, of: extent.description))
    }
    return try MaskGeometry(
      kept, rows: extent.rows, columns: extent.columns, height: height, width: width)
  }
}

extension Tensor {
  /// The elements as singles.
  ///
  /// - Throws: ``Failure`` if the type is no floating-point type.
  package func singles() throws -> [Float] {
    guard elementType.isFloat else { throw Failure(StorageReason.notFloat(elementType)) }
    return try TensorRows(self, rows: elementCount, columns: 1).values()
  }
}
