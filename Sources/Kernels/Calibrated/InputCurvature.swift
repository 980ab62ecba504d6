import Tensors

/// How much errors of a linear's weights matter by what it is fed, as ``ColumnSweep`` needs it.
///
/// The squared error ‖(W − Ŵ)·X‖² has the second derivative H = X·Xᵀ in every row of W. Held is the upper triangular U with UᵀU = H⁻¹, worked
/// out in double precision: of its row j what follows the diagonal says how later columns make up for an error in column j, and the diagonal's
/// square is what column j is worth once the columns before it are settled (Frantar and Alistarh, "SparseGPT", 2023).
package struct InputCurvature: Sendable {
  /// The length of what the linear is fed.
  package let size: Int
  /// `[size, size]`, zeros below the diagonal.
  let factor: [Float]
  /// Features that were never fed anything but zero: their weights do not matter.
  let isDead: [Bool]
  /// What was added to the diagonal, as a share of its mean.
  package let damping: Double

  /// - Parameters:
  ///   - gram: X·Xᵀ `[size, size]`, up to a factor.
  ///   - damping: what is added to the diagonal, as a share of its mean; ten times more, and again, where that is not enough.
  /// - Throws: ``Failure`` if OpenBLAS is not installed, or no damping makes the matrix definite.
  package init(gram: [Float], size: Int, damping: Double = 0.01) throws {
    precondition(gram.count == size * size)
    let blas = try OpenBLAS.open()
    self.size = size
    var matrix = gram.map(Double.init)
    isDead = (0..<size).map { matrix[$0 * (size + 1)] <= 0 }
    for index in 0..<size where isDead[index] { matrix[index * (size + 1)] = 1 }
    let mean = (0..<size).reduce(0) { $0 + matrix[$1 * (size + 1)] } / Double(max(1, size))
    var share = damping
    while share <= 1e3 {
      var damped = matrix
      for index in 0..<size { damped[index * (size + 1)] += share * mean }
      if let factor = blas.inverseFactor(damped, size: size) {
        self.damping = share
        self.factor = Self.upper(factor, size)
        return
      }
      share = max(1e-6, share * 10)
    }
    throw Failure(CurvatureReason.indefinite)
  }

  private static func upper(_ factor: [Double], _ size: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: size * size) { result, filled in
      for row in 0..<size {
        for column in 0..<size {
          let place = row &* size &+ column
          result[place] = column < row ? 0 : Float(factor[place])
        }
      }
      filled = size * size
    }
  }

  /// U_jj.
  func diagonal(_ column: Int) -> Float { factor[column &* (size &+ 1)] }
}

/// Why second moments cannot be used.
enum CurvatureReason: Reason {
  case indefinite

  var description: String {
    switch self {
    case .indefinite: "the second moments of the inputs are not those of any inputs"
    }
  }
}
