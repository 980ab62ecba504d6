import Kernels
import Tensors

extension Storage {
  /// All values of a matrix as singles, row-major: masks filled with zeros, codes decoded, factors
  /// multiplied out.
  ///
  /// - Parameter shape: the logical shape; a vector is taken as a matrix of one row.
  /// - Throws: ``Failure`` if parts do not fit one another, or if it is `shared`, which only its
  ///   checkpoint can resolve.
  package func values(of shape: Shape) throws -> [Float] {
    let columns = shape.rank > 1 ? shape.elementCount / max(1, shape[0]) : shape.elementCount
    let extent = MatrixExtent(rows: shape.elementCount / max(1, columns), columns: columns)
    return try values(of: extent)
  }

  private func values(of extent: MatrixExtent) throws -> [Float] {
    switch self {
    case .dense(let tensor):
      try check(tensor.elementCount == extent.count, "a dense tensor", tensor.shape, extent)
      return try tensor.singles()
    case .quantized(let codes, let scheme):
      return try CodeReader(codes: codes, scheme: scheme, extent: extent).values()
    case .sparse(let mask, let values):
      return try sparseValues(mask, values, extent)
    case .factorized(let left, let right):
      return try product(left, right, extent)
    case .sum(let left, let right):
      let (first, second) = (try left.values(of: extent), try right.values(of: extent))
      return zip(first, second).map(+)
    case .shared(let role):
      throw Failure(StorageReason.unresolved(role))
    }
  }

  private func sparseValues(
    _ mask: Mask, _ values: Storage, _ extent: MatrixExtent
  ) throws -> [Float] {
    let places = try mask.places(in: extent)
    let survivors: [Float]
    switch values {
    case .dense(let tensor):
      try check(
        tensor.elementCount == places.count, "the values under a mask", tensor.shape, extent)
      survivors = try tensor.singles()
    case .quantized(let codes, let scheme):
      let reader = try CodeReader(codes: codes, scheme: scheme, extent: extent, places: places)
      survivors = try reader.values()
    default: throw Failure(StorageReason.illegalNesting(outer: .sparse, inner: values.kind))
    }
    var result = [Float](repeating: 0, count: extent.count)
    for (place, value) in zip(places, survivors) { result[place] = value }
    return result
  }

  private func product(_ left: Storage, _ right: Storage, _ extent: MatrixExtent) throws -> [Float]
  {
    let rank = try Storage.rank(left, right, extent)
    let first = try left.values(of: MatrixExtent(rows: extent.rows, columns: rank))
    let second = try right.values(of: MatrixExtent(rows: rank, columns: extent.columns))
    var result = [Float](repeating: 0, count: extent.count)
    for row in 0..<extent.rows {
      for inner in 0..<rank {
        let factor = first[row * rank + inner]
        for column in 0..<extent.columns {
          result[row * extent.columns + column] += factor * second[inner * extent.columns + column]
        }
      }
    }
    return result
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
    guard rank > 0, rank * extent.rows == leftCount, rank * extent.columns == rightCount else {
      throw Failure(StorageReason.factors(leftCount, rightCount, of: extent.description))
    }
    return rank
  }

  /// The number of values, as if dense.
  private var denseCount: Int {
    switch self {
    case .dense(let tensor): tensor.elementCount
    case .quantized(let codes, let scheme): codes.elementCount * scheme.codeWidth
    case .sparse(let mask, _): mask.denseShape.elementCount
    case .sum(let left, _): left.denseCount
    case .factorized, .shared: 0
    }
  }

  private func check(_ fits: Bool, _ what: String, _ shape: Shape, _ extent: MatrixExtent) throws {
    guard fits else {
      throw Failure(StorageReason.misfit(what, shape: shape, of: extent.description))
    }
  }
}

/// The rows and columns of a matrix.
struct MatrixExtent: CustomStringConvertible {
  var rows: Int
  var columns: Int

  var count: Int { rows * columns }
  var description: String { "[\(rows), \(columns)]" }
}

extension Mask {
  /// The kept elements' places in the row-major dense matrix, in the order of their values: row-major
  /// where single elements are masked, block after block where blocks are.
  func places(in extent: MatrixExtent) throws -> [Int] {
    let (height, width) = (block.rank == 2 ? block[0] : 1, block.rank == 2 ? block[1] : 1)
    let fits =
      kept.elementType == .bool && height > 0 && width > 0
      && denseShape.elementCount == extent.count && extent.rows % height == 0
      && extent.columns % width == 0
      && kept.elementCount == extent.count / (height * width)
    guard fits else {
      throw Failure(StorageReason.misfit("a mask", shape: kept.shape, of: extent.description))
    }
    let across = extent.columns / width
    var places: [Int] = []
    try kept.withBytes { bytes in
      for index in bytes.indices where bytes[index] != 0 {
        let (row, column) = (index / across * height, index % across * width)
        for inner in 0..<height {
          let start = (row + inner) * extent.columns + column
          places.append(contentsOf: start..<(start + width))
        }
      }
    }
    return places
  }
}

extension Tensor {
  /// The elements as singles.
  ///
  /// - Throws: ``Failure`` if the type is no floating-point type.
  package func singles() throws -> [Float] {
    guard elementType.isFloat else { throw Failure(StorageReason.notFloat(elementType)) }
    let wide = cast(to: .f32)
    return try [Float](unsafeUninitializedCapacity: elementCount) { buffer, count in
      let target = UnsafeMutableRawBufferPointer(buffer)
      for piece in wide.source.pieces {
        try wide.source.withBytes(piece) { bytes in
          UnsafeMutableRawBufferPointer(rebasing: target[piece]).copyMemory(from: bytes)
        }
      }
      count = elementCount
    }
  }
}
