import Tensors

/// The products of a matrix's columns, or of its rows, with one another: WᵀD²W or DWWᵀD, in double precision.
///
/// D is a diagonal of weights, one for each row. Squares of singles and their sums lose nothing that matters in
/// double precision: singular values are resolved down to 10⁻⁸ of the greatest, about what singles hold. The sums
/// run over parts that do not depend on the number of threads, and are added in one order.
struct GramMatrix {
  let size: Int
  /// `[size, size]`, symmetric.
  var elements: [Double]

  init(size: Int, elements: [Double]) {
    precondition(elements.count == size * size)
    self.size = size
    self.elements = elements
  }

  /// - Parameter precision: of the products; their sums are doubles.
  init(
    of matrix: SingleMatrix, side: SingleMatrix.Side, rowWeights: [Double]? = nil,
    precision: Precision = .double, threads: Int, using blas: OpenBLAS
  ) throws {
    size = side == .columns ? matrix.columns : matrix.rows
    guard size <= Self.limit else {
      throw Failure(
        AlgebraReason.tooGreat(rows: matrix.rows, columns: matrix.columns, limit: Self.limit))
    }
    precondition(precision == .double || (side == .columns && rowWeights == nil))
    let parts = GramSums(matrix, side, rowWeights, precision)
    elements = try parts.total(size: size, threads: threads, using: blas)
    for row in 0..<size {
      for column in 0..<row { elements[column &* size &+ row] = elements[row &* size &+ column] }
    }
  }

  /// The sum of the eigenvalues.
  var trace: Double { (0..<size).reduce(0) { $0 + elements[$1 * (size + 1)] } }

  enum Precision { case single, double }

  /// Three such matrices of doubles take 1.6 GB.
  static let limit = 8192
}

/// The parts whose sum is a Gram matrix.
private struct GramSums: Sendable {
  let matrix: SingleMatrix
  let side: SingleMatrix.Side
  let rowWeights: [Double]?
  let precision: GramMatrix.Precision

  init(
    _ matrix: SingleMatrix, _ side: SingleMatrix.Side, _ rowWeights: [Double]?,
    _ precision: GramMatrix.Precision
  ) {
    self.precision = precision
    self.matrix = matrix
    self.side = side
    self.rowWeights = rowWeights
  }

  /// As many sums are under way at a time as there are threads, but each is one of so many: a sum takes as
  /// much memory as the result.
  private static let sums = 4

  func total(size: Int, threads: Int, using blas: OpenBLAS) throws -> [Double] {
    let inner = side == .columns ? matrix.rows : matrix.columns
    let count = inner * size < 1 << 20 ? 1 : Self.sums
    let memory = try PackedMemory(byteCount: checkedProduct(count, size, size, 8))
    try Workers.forEach(Array(0..<count), threads: threads) { index in
      let target = memory.elements(as: Double.self) + index * size * size
      let part = (inner * index / count)..<(inner * (index + 1) / count)
      for slab in part.split(by: max(64, (1 << 16) / size)) {
        switch precision {
        case .single: try addSingles(slab, to: target, size, blas)
        case .double: try add(slab, to: target, size, blas)
        }
      }
    }
    let first = memory.elements(as: Double.self)
    return [Double](unsafeUninitializedCapacity: size * size) { result, filled in
      for place in 0..<(size * size) {
        result[place] = (1..<count).reduce(first[place]) { $0 + first[$1 * size * size + place] }
      }
      filled = size * size
    }
  }

  /// Adds what some rows give to the products of columns, multiplied in single precision.
  private func addSingles(
    _ rows: Range<Int>, to target: UnsafeMutablePointer<Double>, _ size: Int, _ blas: OpenBLAS
  ) throws {
    try withScratch(size * size * 4) { scratch in
      let products = scratch.baseAddress!.assumingMemoryBound(to: Float.self)
      blas.square(
        of: matrix.row(rows.lowerBound), size: size, inner: rows.count, into: products)
      for row in 0..<size {
        let start = row * size
        for place in start...(start + row) { target[place] += Double(products[place]) }
      }
    }
  }

  /// Adds what some rows give to the products of columns, or some columns to those of rows.
  private func add(
    _ slab: Range<Int>, to target: UnsafeMutablePointer<Double>, _ size: Int, _ blas: OpenBLAS
  ) throws {
    let rows = side == .columns ? slab : 0..<matrix.rows
    let columns = side == .columns ? 0..<matrix.columns : slab
    try withScratch(rows.count * columns.count * 8) { scratch in
      let wide = scratch.baseAddress!.assumingMemoryBound(to: Double.self)
      for row in rows {
        let weight = rowWeights?[row] ?? 1
        let (input, output) = (matrix.row(row), wide + (row - rows.lowerBound) * columns.count)
        for column in 0..<columns.count {
          output[column] = Double(input[columns.lowerBound &+ column]) * weight
        }
      }
      blas.addSquare(
        of: wide, isTransposed: side == .columns, size: size, inner: slab.count, to: target)
    }
  }
}
