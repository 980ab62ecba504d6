import Tensors

/// The greatest numbers that a product of two factors leaves of a matrix: W ≈ left · right + S, S with so many numbers other than zero (low rank
/// plus sparse: Li et al., "LoSparse", 2023).
package struct LowRankResidual: Sendable {
  /// 1 or 0 for each number of the matrix, row-major, whether it is one of them.
  package let kept: [UInt8]
  /// What is left of each of them, in their order.
  package let values: [Float]

  /// - Parameters:
  ///   - matrix: `[rows, columns]` of floats.
  ///   - left: `[rows, rank]`, row-major.
  ///   - right: `[rank, columns]`.
  ///   - count: how many are kept; of equal ones the later.
  ///   - weights: how much a column's numbers count; nil for all alike.
  /// - Throws: ``Failure`` if the matrix cannot be read, or OpenBLAS is missing.
  package init(
    of matrix: Tensor, left: [Float], right: [Float], rank: Int, count: Int, weights: [Float]? = nil
  ) throws {
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    precondition(left.count == rows * rank && right.count == rank * columns)
    precondition(weights.map { $0.count == columns } ?? true && (0...rows * columns) ~= count)
    var rest = try matrix.withSingles { whole in
      Array(UnsafeBufferPointer(start: whole.start, count: rows * columns))
    }
    let product = try OpenBLAS.open().product(
      left, right, rows: rows, inner: rank, columns: columns)
    for place in rest.indices { rest[place] -= product[place] }
    let scores = rest.indices.map { abs(rest[$0]) * (weights?[$0 % columns] ?? 1) }
    let dropped = MagnitudeCut(smallest: rest.count - count, of: scores)
    let kept = scores.indices.map { place -> UInt8 in
      dropped.takes(MagnitudeCut.key(scores[place].bitPattern), at: place) ? 0 : 1
    }
    self.kept = kept
    values = rest.indices.filter { kept[$0] == 1 }.map { rest[$0] }
  }
}
