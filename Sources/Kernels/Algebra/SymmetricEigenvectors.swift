import Tensors

/// The greatest eigenvalues of a symmetric, positive semidefinite matrix, descending, and their vectors.
///
/// A vector has the sign that makes its element of the greatest magnitude, the first of several, positive.
/// Eigenvalues that rounding made negative are zero.
struct SymmetricEigenvectors {
  /// All of them.
  let values: [Double]
  /// `[count, size]`: the vectors of the first `count` values.
  let vectors: [Double]

  init(of matrix: GramMatrix, count: Int, using blas: OpenBLAS) throws {
    let size = matrix.size
    var elements = matrix.elements
    let ascending = try elements.withUnsafeMutableBufferPointer {
      try blas.eigenvalues(of: $0.baseAddress!, size: size, replacingByVectors: count > 0)
    }
    values = ascending.reversed().map { max(0, $0) }
    vectors = [Double](unsafeUninitializedCapacity: count * size) { result, filled in
      for index in 0..<count {
        let start = (size - 1 - index) * size
        var greatest = 0.0
        for place in start..<(start + size) where elements[place].magnitude > greatest.magnitude {
          greatest = elements[place]
        }
        let sign: Double = greatest < 0 ? -1 : 1
        for place in 0..<size { result[index * size + place] = sign * elements[start + place] }
      }
      filled = count * size
    }
  }
}
