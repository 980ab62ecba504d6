import Tensors

/// Settles the columns of a matrix one after the other, each to what a rule makes of it, and lets those that are still to come make up for the
/// error as far as what the linear is fed allows (Frantar and Alistarh, "Optimal Brain Compression", 2022; in the order of columns and with
/// updates by blocks: SparseGPT and GPTQ, 2023).
///
/// With the error e = (w − q) / U_jj of column j, column k > j becomes w_k − e · U_jk. Columns are held one after the other, so that every
/// step runs along the rows; columns beyond a block are brought up to date once for all of the block, by a product.
package struct ColumnSweep {
  package let rows: Int
  package let columns: Int
  private let curvature: InputCurvature
  private let blas: OpenBLAS

  /// Columns of a block; rules that look at groups of columns want it to be a multiple of their length.
  private let blockLength: Int

  /// - Parameter group: of how many columns a rule decides at once.
  /// - Precondition: the curvature is of as many features as there are columns.
  package init(rows: Int, columns: Int, _ curvature: InputCurvature, group: Int = 1) throws {
    precondition(curvature.size == columns)
    blas = try OpenBLAS.open()
    (self.rows, self.columns, self.curvature) = (rows, columns, curvature)
    blockLength = max(1, 128 / group) * group
  }

  /// - Parameter weights: row-major `[rows, columns]`.
  /// - Returns: what the rule has made of every weight, row-major.
  package func run(_ weights: [Float], _ rule: some ColumnRule) -> [Float] {
    precondition(weights.count == rows * columns)
    guard rows > 0, columns > 0 else { return weights }
    var values = transposed(weights, rows: rows, columns: columns)
    values.withUnsafeMutableBufferPointer { values in
      let start = values.baseAddress!
      for column in 0..<columns where curvature.isDead[column] {
        (start + column * rows).update(repeating: 0, count: rows)
      }
      rule.begin(start, rows: rows, columns: columns)
      for block in (0..<columns).split(by: blockLength) { settle(block, start, rule) }
    }
    return transposed(values, rows: columns, columns: rows)
  }

  private func settle(
    _ block: Range<Int>, _ values: UnsafeMutablePointer<Float>, _ rule: some ColumnRule
  ) {
    let diagonal = block.map(curvature.diagonal)
    rule.begin(block: block, values, diagonal)
    curvature.factor.withUnsafeBufferPointer { factor in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: block.count * rows) { errors in
        for (place, column) in block.enumerated() {
          let own = values + column * rows
          let error = errors.baseAddress! + place * rows
          error.update(from: own, count: rows)
          rule.settle(column, own)
          let scale = 1 / diagonal[place]
          for row in 0..<rows { error[row] = (own[row] - error[row]) * scale }
          let weights = factor.baseAddress! + column * columns
          for later in (column + 1)..<max(block.upperBound, column + 1) {
            let (share, target) = (weights[later], values + later * rows)
            for row in 0..<rows { target[row] += share * error[row] }
          }
        }
        let rest = block.upperBound..<columns
        guard !rest.isEmpty else { return }
        // Errors have been taken the other way round, so that what makes up for them is added.
        blas.multiply(
          Factor(
            start: factor.baseAddress! + block.lowerBound * columns + rest.lowerBound,
            stride: columns, isTransposed: true),
          Factor(start: errors.baseAddress!, stride: rows), rows: rest.count, inner: block.count,
          columns: rows, into: values + rest.lowerBound * rows, stride: rows, adding: true)
      }
    }
  }
}

/// What columns are settled to.
package protocol ColumnRule {
  /// - Parameter values: all columns, one after the other, `rows` numbers each.
  func begin(_ values: UnsafePointer<Float>, rows: Int, columns: Int)

  /// Looks at a block of columns before the first of them is settled.
  ///
  /// - Parameters:
  ///   - values: all columns, those of the block up to date.
  ///   - diagonal: U_jj of the block's columns.
  func begin(block: Range<Int>, _ values: UnsafePointer<Float>, _ diagonal: [Float])

  /// Replaces the numbers of a column, all before which are settled, by those that they become.
  func settle(_ column: Int, _ values: UnsafeMutablePointer<Float>)
}

/// A matrix with its rows for columns.
private func transposed(_ values: [Float], rows: Int, columns: Int) -> [Float] {
  [Float](unsafeUninitializedCapacity: values.count) { result, filled in
    let tile = 32
    for top in stride(from: 0, to: rows, by: tile) {
      for left in stride(from: 0, to: columns, by: tile) {
        for row in top..<min(top + tile, rows) {
          for column in left..<min(left + tile, columns) {
            result[column &* rows &+ row] = values[row &* columns &+ column]
          }
        }
      }
    }
    filled = values.count
  }
}
