import COpenBLAS
import Tensors

/// OpenBLAS: products and eigenvectors of dense matrices, by the system's library.
///
/// It is opened when first asked for. All matrices are row-major and without gaps; every call runs on
/// the thread that makes it, and gives the same numbers whichever thread that is.
package struct OpenBLAS: Sendable {
  /// - Throws: ``Failure`` where the library is not installed.
  package static func open() throws -> OpenBLAS {
    var text: UnsafePointer<CChar>?
    switch pare_openblas_open(&text) {
    case PARE_OPENBLAS_OPEN: return OpenBLAS()
    case PARE_OPENBLAS_MISSING:
      throw Failure(AlgebraReason.noLibrary(text.map { String(cString: $0) } ?? ""))
    default: throw Failure(AlgebraReason.wrongLibrary(text.map { String(cString: $0) } ?? ""))
    }
  }

  private init() {}

  /// The processor that its kernels are for, as "Haswell".
  var core: String { String(cString: pare_openblas_core()) }

  /// A · B, or A · Bᵀ; A is `[rows, inner]`, and the result `[rows, columns]`.
  func product(
    _ a: [Double], _ b: [Double], transposingB: Bool = false, rows: Int, inner: Int, columns: Int
  ) -> [Double] {
    precondition(a.count == rows * inner && b.count == inner * columns)
    var result = [Double](repeating: 0, count: rows * columns)
    guard !result.isEmpty, inner > 0 else { return result }
    pare_dgemm(
      0, transposingB ? 1 : 0, Int32(rows), Int32(columns), Int32(inner), 1, a, Int32(inner), b,
      Int32(transposingB ? inner : columns), 0, &result, Int32(columns))
    return result
  }

  /// A · B in single precision; A is `[rows, inner]`, and the result `[rows, columns]`.
  func product(
    _ a: [Float], _ b: [Float], rows: Int, inner: Int, columns: Int
  ) -> [Float] {
    precondition(a.count == rows * inner && b.count == inner * columns)
    var result = [Float](repeating: 0, count: rows * columns)
    guard !result.isEmpty, inner > 0 else { return result }
    pare_sgemm(
      0, 0, Int32(rows), Int32(columns), Int32(inner), 1, a, Int32(inner), b, Int32(columns), 0,
      &result, Int32(columns))
    return result
  }

  /// C = A · B in single precision, or C + A · B, into rows of C that lie `stride` numbers apart; A, or its transpose,
  /// is `[rows, inner]`.
  package func multiply(
    _ a: Factor, _ b: Factor, rows: Int, inner: Int, columns: Int,
    into c: UnsafeMutablePointer<Float>, stride: Int, adding: Bool = false
  ) {
    pare_sgemm(
      a.isTransposed ? 1 : 0, b.isTransposed ? 1 : 0, Int32(rows), Int32(columns), Int32(inner), 1,
      a.start, Int32(a.stride), b.start, Int32(b.stride), adding ? 1 : 0, c, Int32(stride))
  }

  /// Adds A · Aᵀ to the lower triangle of C `[size, size]`, A being `[size, inner]`; or Aᵀ · A where A is said to be
  /// transposed, and then is `[inner, size]`.
  func addSquare(
    of a: UnsafePointer<Double>, isTransposed: Bool, size: Int, inner: Int,
    to c: UnsafeMutablePointer<Double>
  ) {
    pare_dsyrk(
      isTransposed ? 1 : 0, Int32(size), Int32(inner), a, Int32(isTransposed ? size : inner), 1, c,
      Int32(size))
  }

  /// The lower triangle of AᵀA `[size, size]` in single precision, A being `[inner, size]`.
  func square(
    of a: UnsafePointer<Float>, size: Int, inner: Int, into c: UnsafeMutablePointer<Float>
  ) {
    pare_ssyrk(1, Int32(size), Int32(inner), a, Int32(size), 0, c, Int32(size))
  }

  /// The upper triangular U of which UᵀU is the inverse of a symmetric, positive definite matrix.
  ///
  /// With rows and columns in reverse order the matrix is L · Lᵀ, and U is L⁻¹ in reverse order: half the work of inverting the matrix, then
  /// decomposing what comes of it.
  ///
  /// - Parameter matrix: `[size, size]`, of which the upper triangle is read; what lies below it in the result is rubbish.
  /// - Returns: nil where the matrix is not positive definite.
  func inverseFactor(_ matrix: [Double], size: Int) -> [Double]? {
    precondition(matrix.count == size * size)
    var result = [Double](matrix.reversed())
    guard pare_invert_lower(Int32(size), &result) == 0 else { return nil }
    result.reverse()
    return result
  }

  /// The inverse of a symmetric, positive definite matrix.
  ///
  /// - Parameter matrix: `[size, size]`, of which the upper triangle is read.
  /// - Returns: nil where the matrix is not positive definite.
  func inverse(_ matrix: [Double], size: Int) -> [Double]? {
    var result = matrix
    guard pare_dpotrf(Int32(size), &result) == 0, pare_dpotri(Int32(size), &result) == 0 else {
      return nil
    }
    for row in 0..<size {
      for column in 0..<row { result[row &* size &+ column] = result[column &* size &+ row] }
    }
    return result
  }

  /// The eigenvalues of a symmetric matrix, ascending; its rows become the eigenvectors if they are wanted,
  /// and rubbish if not.
  ///
  /// - Parameter matrix: `[size, size]`, of which the lower triangle is read.
  /// - Throws: ``Failure`` where the method does not converge or there is no memory.
  func eigenvalues(
    of matrix: UnsafeMutablePointer<Double>, size: Int, replacingByVectors wantsVectors: Bool
  ) throws -> [Double] {
    guard size > 0 else { return [] }
    var (doubles, integers): (Int32, Int32) = (0, 0)
    pare_dsyevd_work(Int32(size), &doubles, &integers)
    var values = [Double](repeating: 0, count: size)
    try withScratch(Int(doubles) * 8 + Int(integers) * 4) { scratch in
      let work = scratch.baseAddress!.assumingMemoryBound(to: Double.self)
      let rest = (scratch.baseAddress! + Int(doubles) * 8).assumingMemoryBound(to: Int32.self)
      let status = pare_dsyevd(wantsVectors ? 1 : 0, Int32(size), matrix, &values, work, rest)
      guard status == 0 else { throw Failure(AlgebraReason.noConvergence) }
    }
    return values
  }
}

/// A matrix of singles as a factor of a product: as it lies, or transposed.
package struct Factor {
  let start: UnsafePointer<Float>
  /// From one row, as it lies, to the next.
  let stride: Int
  let isTransposed: Bool

  package init(start: UnsafePointer<Float>, stride: Int, isTransposed: Bool = false) {
    self.start = start
    self.stride = stride
    self.isTransposed = isTransposed
  }
}

/// Why dense algebra is refused.
package enum AlgebraReason: Reason {
  case noLibrary(String)
  case wrongLibrary(String)
  case noConvergence
  case tooGreat(rows: Int, columns: Int, limit: Int)
  case rank(Int, rows: Int, columns: Int)
  case weightCount(String, found: Int, expected: Int)
  case weightNotFinite(String, index: Int)

  package var description: String {
    switch self {
    case .noLibrary(let text): "needs the library OpenBLAS, which cannot be opened: \(text)"
    case .wrongLibrary(let text): "needs the library OpenBLAS, but \(text)"
    case .noConvergence: "the eigenvalues were not found: the method did not converge"
    case .tooGreat(let rows, let columns, let limit):
      "a matrix [\(rows), \(columns)], expected at most \(limit) rows or \(limit) columns"
    case .rank(let rank, let rows, let columns):
      "rank \(rank), expected 1…\(min(rows, columns)) for a matrix [\(rows), \(columns)]"
    case .weightCount(let what, let found, let expected):
      "\(found) \(what), expected \(expected)"
    case .weightNotFinite(let what, let index):
      "number \(index) of the \(what) is negative, NaN or infinite"
    }
  }

  package var hint: String? {
    switch self {
    case .noLibrary, .wrongLibrary: "Debian and Ubuntu have it in the package libopenblas0"
    default: nil
    }
  }
}
