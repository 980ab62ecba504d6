import Checkpoints
import Tensors

extension Storage {
  /// Fails unless the parts of a storage from a file make a matrix of a shape, as far as can be told without
  /// their values; a vector is a matrix of one row.
  func checkFit(_ shape: Shape) throws {
    let rows = shape.rank > 1 ? shape[0] : 1
    try checkFit(rows: rows, columns: shape.elementCount / max(1, rows))
  }

  /// - Precondition: the product of rows and columns does not overflow.
  private func checkFit(rows: Int, columns: Int) throws {
    func check(_ fits: Bool, _ what: String) throws {
      guard fits else { throw Failure(PareReason.unfit(what, of: "[\(rows), \(columns)]")) }
    }
    switch self {
    case .dense, .quantized: try check(denseCount == rows * columns, "the values")
    case .sparse(let mask, let values):
      try check(denseCount == rows * columns && mask.isLegal, "a mask and its blocks")
      try check(
        rows % mask.block[0] == 0 && columns % mask.block[1] == 0, "the blocks of a mask")
      if case .quantized(_, .product) = values { try check(false, "product codes under a mask") }
    case .factorized(let left, let right):
      let rank = rows > 0 ? (left.denseCount ?? 0) / rows : 0
      let (count, overflow) = rank.multipliedReportingOverflow(by: columns)
      try check(
        rank > 0 && left.denseCount == rank * rows && !overflow && right.denseCount == count,
        "factors")
      try left.checkFit(rows: rows, columns: rank)
      try right.checkFit(rows: rank, columns: columns)
    case .sum(let left, let right):
      try left.checkFit(rows: rows, columns: columns)
      try right.checkFit(rows: rows, columns: columns)
    case .shared: break
    }
  }

  /// The number of values as if dense; nil where it overflows or follows from something else.
  private var denseCount: Int? {
    switch self {
    case .dense(let tensor): return tensor.elementCount
    case .sparse(let mask, _): return mask.denseShape.elementCount
    case .quantized(let codes, .product(let entries)):
      let (count, overflow) = codes.elementCount.multipliedReportingOverflow(by: entries.shape[2])
      return overflow ? nil : count
    case .quantized(let codes, _): return codes.elementCount
    case .factorized, .sum, .shared: return nil
    }
  }
}

extension Mask {
  /// Whether there is a boolean for each block of the dense shape; single elements may stand in any shape.
  fileprivate var isLegal: Bool {
    guard kept.elementType == .bool, block.rank == 2, block.elementCount > 0 else { return false }
    if block == [1, 1] { return kept.shape == denseShape }
    return kept.shape.rank == 2 && denseShape.rank == 2
      && zip(kept.shape.lengths, zip(denseShape.lengths, block.lengths)).allSatisfy {
        $1.0 % $1.1 == 0 && $0 == $1.0 / $1.1
      }
  }
}
