import Tensors

extension GramMatrix {
  /// WCWᵀ: the products of a matrix's rows with one another over inputs whose Gram matrix is C.
  init(of matrix: SingleMatrix, inputs: [Double], using blas: OpenBLAS) throws {
    size = matrix.rows
    guard matrix.columns <= Self.limit else {
      throw Failure(
        AlgebraReason.tooGreat(rows: matrix.rows, columns: matrix.columns, limit: Self.limit))
    }
    let wide = UnsafeBufferPointer(start: matrix.start, count: matrix.rows * matrix.columns)
      .map(Double.init)
    let weighted = blas.product(
      wide, inputs, rows: size, inner: matrix.columns, columns: matrix.columns)
    elements = blas.product(
      weighted, wide, transposingB: true, rows: size, inner: matrix.columns, columns: size)
  }
}

extension [Double] {
  /// R `[size, size]` of which RᵀR is a symmetric, positive semidefinite matrix.
  func root(size: Int, using blas: OpenBLAS) throws -> [Double] {
    let eigenvectors = try SymmetricEigenvectors(
      of: GramMatrix(size: size, elements: self), count: size, using: blas)
    var root = eigenvectors.vectors
    for row in 0..<size {
      let scale = eigenvectors.values[row].squareRoot()
      for place in (row * size)..<((row + 1) * size) { root[place] *= scale }
    }
    return root
  }

  /// RMRᵀ, all `[size, size]`.
  func transformed(by root: [Double], size: Int, using blas: OpenBLAS) -> [Double] {
    let half = blas.product(root, self, rows: size, inner: size, columns: size)
    return blas.product(half, root, transposingB: true, rows: size, inner: size, columns: size)
  }
}
