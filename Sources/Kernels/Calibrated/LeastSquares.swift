import Tensors

/// Refits what stays of a linear to what the whole gave.
package enum LeastSquares {
  /// The columns that stay of a matrix, changed so that on the inputs that calibration saw they give what the whole matrix gave, as far as they can:
  /// Ŵ = (W·G_:s + λ·W_:s)·(G_ss + λI)⁻¹ is least in ‖WX − ŴX_s‖² + λ‖Ŵ − W_:s‖², G = XXᵀ.
  ///
  /// - Parameters:
  ///   - weights: row-major `[rows, columns]`.
  ///   - kept: the columns that stay, ascending.
  ///   - gram: `[columns, columns]`.
  ///   - damping: λ as a share of the mean of G's diagonal.
  /// - Returns: row-major `[rows, kept.count]`.
  /// - Throws: ``Failure`` if OpenBLAS is not installed, or the inputs are not those of any linear.
  package static func refit(
    _ weights: [Float], rows: Int, columns: Int, keeping kept: [Int], gram: [Float],
    damping: Double = 1e-3
  ) throws -> [Float] {
    precondition(weights.count == rows * columns && gram.count == columns * columns)
    guard !kept.isEmpty else { return [] }
    let blas = try OpenBLAS.open()
    let count = kept.count
    let trace = (0..<columns).reduce(0.0) { $0 + Double(gram[$1 * (columns + 1)]) }
    let ridge = max(damping * trace / Double(columns), .leastNormalMagnitude)
    var across = [Double](repeating: 0, count: columns * count)
    for row in 0..<columns {
      for (place, column) in kept.enumerated() {
        across[row * count + place] = Double(gram[row * columns + column])
      }
    }
    var inner = [Double](repeating: 0, count: count * count)
    for (place, row) in kept.enumerated() {
      for other in 0..<count { inner[place * count + other] = across[row * count + other] }
      inner[place * (count + 1)] += ridge
    }
    guard let inverse = blas.inverse(inner, size: count) else {
      throw Failure(CurvatureReason.indefinite)
    }
    var targets = blas.product(
      weights.map(Double.init), across, rows: rows, inner: columns, columns: count)
    for row in 0..<rows {
      for (place, column) in kept.enumerated() {
        targets[row * count + place] += ridge * Double(weights[row * columns + column])
      }
    }
    return blas.product(targets, inverse, rows: rows, inner: count, columns: count)
      .map { Float($0) }
  }
}
