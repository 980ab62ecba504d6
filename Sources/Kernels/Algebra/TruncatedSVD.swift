import Tensors

/// The best approximation of a matrix by a product of rank r: W ≈ left `[rows, r]` · right `[r, columns]`.
///
/// With W = U Σ Vᵀ, left is U √Σ and right √Σ Vᵀ, so that both factors are of one size; signs are fixed by
/// ``SymmetricEigenvectors``. The singular vectors of the shorter side are the eigenvectors of its Gram matrix, and
/// the other factor is a projection on them: the error is that of the best approximation (Eckart and Young, 1936)
/// but for the rounding of singles.
package struct TruncatedSVD: Sendable {
  package let rank: Int
  package let left: [Float]
  package let right: [Float]
  /// All of the shorter side, descending; of the weighted matrix where there are weights.
  package let singularValues: [Double]

  /// - Parameters:
  ///   - matrix: `[rows, columns]` of floats.
  ///   - weighting: what makes some errors worse than others.
  /// - Throws: ``Failure`` if it is no such matrix or has no such rank, if an element is NaN or infinite, or if
  ///   OpenBLAS is missing.
  package init(
    of matrix: Tensor, rank: Int, weighting: ErrorWeighting = .none, threads: Int = 1
  ) throws {
    let (rows, columns) = try matrix.sidesOfMatrix()
    guard rank > 0, rank <= min(rows, columns) else {
      throw Failure(AlgebraReason.rank(rank, rows: rows, columns: columns))
    }
    self.rank = rank
    let decomposition = try matrix.withSingles {
      try Decomposition(
        of: $0, weighting: weighting.checked(rows: rows, columns: columns), rank: rank,
        threads: threads
      ).factors()
    }
    (left, right, singularValues) = decomposition
  }

  /// The factors with all singular values in the left one: without weights left is U Σ, and right Vᵀ; with weights the rows of right have
  /// the length 1 where errors are weighted. The squared error of left is that of the matrix, weighted where there are weights.
  package var leftHeavy: (left: [Float], right: [Float]) {
    let columns = self.right.count / rank
    let lengths = singularValues.prefix(rank).map { $0.squareRoot() }
    var (left, right) = (left, right)
    for place in left.indices { left[place] *= Float(lengths[place % rank]) }
    for place in right.indices {
      let length = lengths[place / columns]
      if length > 0 { right[place] = Float(Double(right[place]) / length) }
    }
    return (left, right)
  }

  /// All singular values of a matrix, descending, at a third of the time of the vectors.
  package static func singularValues(
    of matrix: Tensor, weighting: ErrorWeighting = .none, threads: Int = 1
  ) throws -> [Double] {
    let (rows, columns) = try matrix.sidesOfMatrix()
    return try matrix.withSingles {
      try Decomposition(
        of: $0, weighting: weighting.checked(rows: rows, columns: columns), rank: 0,
        threads: threads
      ).singularValues
    }
  }
}

extension TruncatedSVD {
  /// The least rank that keeps a share of the energy, the sum of the squares of the singular values.
  package static func rank(keeping energy: Double, of singularValues: [Double]) -> Int {
    let wanted = energy * singularValues.reduce(0) { $0 + $1 * $1 }
    var sum = 0.0
    for (index, value) in singularValues.enumerated() {
      sum += value * value
      if sum >= wanted { return index + 1 }
    }
    return max(1, singularValues.count)
  }

  /// The least rank at which factors are no smaller than the matrix is r = mn / (m + n), rounded up: a rank
  /// below it saves something.
  package static func breakEvenRank(rows: Int, columns: Int) -> Double {
    Double(rows) * Double(columns) / (Double(rows) + Double(columns))
  }
}

/// What makes some errors of an approximation worse than others.
package enum ErrorWeighting: Sendable {
  case none
  /// Minimizes Σ d² (W − W′)², with a weight d for each row: FWSVD (Hsu et al., 2022) with the roots of the rows'
  /// importance.
  case rows([Double])
  /// Minimizes tr (W − W′) C (W − W′)ᵀ, with C `[columns, columns]` positive semidefinite: the error of what the
  /// matrix makes of inputs whose Gram matrix is C (Chen et al., "DRONE", 2021).
  case inputs([Double])

  /// - Throws: ``Failure`` if it does not fit a matrix, or a number is not finite or a weight negative.
  func checked(rows: Int, columns: Int) throws -> ErrorWeighting {
    switch self {
    case .none: break
    case .rows(let weights):
      try check(weights, "weights of rows", count: rows) { $0.isFinite && $0 >= 0 }
    case .inputs(let gram):
      try check(gram, "products of inputs", count: checkedProduct(columns, columns)) { $0.isFinite }
    }
    return self
  }

  private func check(
    _ numbers: [Double], _ what: String, count: Int, _ isFine: (Double) -> Bool
  ) throws {
    guard numbers.count == count else {
      throw Failure(AlgebraReason.weightCount(what, found: numbers.count, expected: count))
    }
    if let bad = numbers.firstIndex(where: { !isFine($0) }) {
      throw Failure(AlgebraReason.weightNotFinite(what, index: bad))
    }
  }
}

extension Tensor {
  /// - Throws: ``Failure`` if it is no matrix or is empty.
  fileprivate func sidesOfMatrix() throws -> (rows: Int, columns: Int) {
    guard shape.rank == 2, elementCount > 0 else {
      throw Failure(WeightReason.notAMatrix(shape))
    }
    return (shape[0], shape[1])
  }
}
