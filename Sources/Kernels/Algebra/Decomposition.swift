import Tensors

/// The singular vectors of a matrix's shorter side, and the factors that follow from them.
///
/// They are the eigenvectors of the Gram matrix of A, which is W, or W with its errors weighted: A = DW or A = WRᵀ,
/// where RᵀR = C. No weight is divided by that could be zero but for those of rows, which have a floor.
struct Decomposition {
  let matrix: SingleMatrix
  let side: SingleMatrix.Side
  let rank: Int
  let threads: Int
  let blas: OpenBLAS
  /// `[rank, shorter side]`.
  let vectors: [Double]
  let weights: Weights
  let singularValues: [Double]

  /// What the factors need of the weighting.
  enum Weights {
    case none
    case rows([Double])
    /// R and WᵀW, both `[columns, columns]`.
    case inputs(root: [Double], gram: [Double])
  }

  init(
    of matrix: SingleMatrix, weighting: ErrorWeighting, rank: Int, threads: Int
  ) throws {
    let blas = try OpenBLAS.open()
    (self.matrix, self.rank, self.threads, self.blas) = (matrix, rank, threads, blas)
    side = Self.side(of: matrix, weighting)
    let eigenvectors: SymmetricEigenvectors
    if case .none = weighting,
      let quick = try Self.quickEigenvectors(of: matrix, rank: rank, threads, blas)
    {
      (eigenvectors, weights) = (quick, .none)
    } else {
      let gram: GramMatrix
      (gram, weights) = try Self.gram(of: matrix, weighting, threads, blas)
      eigenvectors = try SymmetricEigenvectors(of: gram, count: rank, using: blas)
    }
    vectors = eigenvectors.vectors
    singularValues = eigenvectors.values.map { $0.squareRoot() }
  }

  /// The shorter side; of squares with weighted inputs the rows, which need no root of what weights them.
  private static func side(
    of matrix: SingleMatrix, _ weighting: ErrorWeighting
  ) -> SingleMatrix.Side {
    if case .inputs = weighting, matrix.rows == matrix.columns { return .rows }
    return matrix.shorterSide
  }

  /// The Gram matrix of A, and what the factors need of the weighting.
  private static func gram(
    of matrix: SingleMatrix, _ weighting: ErrorWeighting, _ threads: Int, _ blas: OpenBLAS
  ) throws -> (GramMatrix, Weights) {
    let side = side(of: matrix, weighting)
    switch (weighting, side) {
    case (.none, _):
      return (try GramMatrix(of: matrix, side: side, threads: threads, using: blas), .none)
    case (.rows(let given), _):
      let weights = floored(given)
      let gram = try GramMatrix(
        of: matrix, side: side, rowWeights: weights, threads: threads, using: blas)
      return (gram, .rows(weights))
    case (.inputs(let inputs), .rows):
      return (try GramMatrix(of: matrix, inputs: inputs, using: blas), .none)
    case (.inputs(let inputs), .columns):
      let plain = try GramMatrix(of: matrix, side: side, threads: threads, using: blas)
      let root = try inputs.root(size: plain.size, using: blas)
      let elements = plain.elements.transformed(by: root, size: plain.size, using: blas)
      return (
        GramMatrix(size: plain.size, elements: elements),
        .inputs(root: root, gram: plain.elements)
      )
    }
  }

  /// The eigenvectors of a tall matrix's Gram matrix by products in single precision, which take half the time; nil
  /// where they would not do.
  ///
  /// What an error E of the Gram matrix adds to the squared error of an approximation is at most 2r·‖E‖. Sums of
  /// a thousand products in single precision, added as doubles, keep ‖E‖ below 10⁻⁷ of the sum of all eigenvalues.
  private static func quickEigenvectors(
    of matrix: SingleMatrix, rank: Int, _ threads: Int, _ blas: OpenBLAS
  ) throws -> SymmetricEigenvectors? {
    guard rank > 0, matrix.rows >= 16 * matrix.columns else { return nil }
    let gram = try GramMatrix(
      of: matrix, side: .columns, precision: .single, threads: threads, using: blas)
    let energy = gram.trace
    // Beyond this, squares of singles may be infinite or nothing.
    guard (1e-20...1e30).contains(energy) else { return nil }
    let eigenvectors = try SymmetricEigenvectors(of: gram, count: rank, using: blas)
    let leftOut = eigenvectors.values.dropFirst(rank).reduce(0, +)
    // At most 0.05 % of the squared error.
    return 2 * Double(rank) * 1e-7 * energy <= 5e-4 * leftOut ? eigenvectors : nil
  }

  /// The roots of no importance at all would be divided by.
  private static func floored(_ weights: [Double]) -> [Double] {
    let greatest = weights.max() ?? 0
    guard greatest > 0 else { return weights.map { _ in 1 } }
    return weights.map { max($0, 1e-6 * greatest) }
  }
}
