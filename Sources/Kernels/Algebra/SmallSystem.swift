/// Systems of a few linear equations with a symmetric positive definite matrix, by Cholesky's decomposition in double precision.
package enum SmallSystem {
  /// Solves A · x = b.
  ///
  /// - Parameters:
  ///   - matrix: A, `[n, n]` row-major; holds the decomposition's factor afterwards.
  ///   - vector: b, x afterwards.
  package static func solve(_ matrix: inout [Double], _ vector: inout [Double]) {
    let count = vector.count
    decompose(&matrix, count)
    for row in 0..<count {
      for column in 0..<row { vector[row] -= matrix[row * count + column] * vector[column] }
      vector[row] /= matrix[row * count + row]
    }
    for row in (0..<count).reversed() {
      for other in (row + 1)..<max(count, row + 1) {
        vector[row] -= matrix[other * count + row] * vector[other]
      }
      vector[row] /= matrix[row * count + row]
    }
  }

  /// A⁻¹ in the place of A, `[n, n]`.
  package static func invert(_ matrix: inout [Double], count: Int) {
    decompose(&matrix, count)
    // The inverse of the factor, in its place.
    for column in 0..<count {
      matrix[column * count + column] = 1 / matrix[column * count + column]
      for row in (column + 1)..<max(count, column + 1) {
        var sum = 0.0
        for inner in column..<row {
          sum += matrix[row * count + inner] * matrix[inner * count + column]
        }
        matrix[row * count + column] = -sum / matrix[row * count + row]
      }
    }
    for row in 0..<count {
      for column in 0...row {
        var sum = 0.0
        for inner in row..<count {
          sum += matrix[inner * count + row] * matrix[inner * count + column]
        }
        matrix[row * count + column] = sum
      }
    }
    for row in 0..<count {
      for column in 0..<row { matrix[column * count + row] = matrix[row * count + column] }
    }
  }

  /// The factor L of A = L · Lᵀ in the lower triangle; pivots that rounding has made no greater than zero count as tiny.
  private static func decompose(_ matrix: inout [Double], _ count: Int) {
    for row in 0..<count {
      for column in 0...row {
        var sum = matrix[row * count + column]
        for inner in 0..<column {
          sum -= matrix[row * count + inner] * matrix[column * count + inner]
        }
        matrix[row * count + column] =
          row == column
          ? max(sum, 1e-300).squareRoot() : sum / matrix[column * count + column]
      }
    }
  }
}
