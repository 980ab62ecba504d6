import Kernels
import Tensors

/// A matrix as a factor of a product: as it lies, or transposed.
struct MatrixFactor: Sendable {
  let matrix: Matrix
  var isTransposed = false

  var rows: Int { isTransposed ? matrix.columns : matrix.rows }
  var columns: Int { isTransposed ? matrix.rows : matrix.columns }

  /// What begins at a row and a column.
  fileprivate func from(row: Int, column: Int) -> Factor {
    let offset = isTransposed ? column * matrix.columns + row : row * matrix.columns + column
    return Factor(
      start: matrix.start + offset, stride: matrix.columns, isTransposed: isTransposed)
  }
}

extension Matrix {
  var plain: MatrixFactor { MatrixFactor(matrix: self) }
  var transposed: MatrixFactor { MatrixFactor(matrix: self, isTransposed: true) }
}

extension Tape {
  /// C = A · B, or C + A · B; with a bias, which is a row, added to each row of a C that is not added to.
  func multiply(
    _ a: MatrixFactor, _ b: MatrixFactor, into c: Matrix, adding: Bool = false, bias: Matrix? = nil
  ) throws {
    precondition(a.columns == b.rows && a.rows == c.rows && b.columns == c.columns)
    precondition(bias.map { $0.count == c.columns && !adding } ?? true)
    let strips = ProductStrips(rows: c.rows, inner: a.columns, columns: c.columns)
    try forEach(strips.ranges.count) { [blas] index in
      let (rows, columns) = strips[index]
      let target = c.start + rows.lowerBound * c.columns + columns.lowerBound
      if let bias {
        for row in 0..<rows.count {
          (target + row * c.columns).update(
            from: bias.start + columns.lowerBound, count: columns.count)
        }
      }
      blas.multiply(
        a.from(row: rows.lowerBound, column: 0), b.from(row: 0, column: columns.lowerBound),
        rows: rows.count, inner: a.columns, columns: columns.count, into: target,
        stride: c.columns, adding: adding || bias != nil)
    }
  }
}

/// How a product is divided: into strips of rows or columns of its result, whichever are longer.
struct ProductStrips: Sendable {
  let ranges: [Range<Int>]
  private let rows: Int
  private let columns: Int
  private let areOfRows: Bool

  init(rows: Int, inner: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    areOfRows = rows >= columns
    let length = max(rows, columns)
    let work = rows * inner * columns
    let count = work < Self.leastWork ? 1 : work < 32 * Self.leastWork ? 2 : 4
    // Whole cache lines, and whole tiles of the kernels.
    let size = max(
      Self.alignment, (length / count + Self.alignment - 1) / Self.alignment * Self.alignment)
    ranges = (0..<length).split(by: size)
  }

  subscript(index: Int) -> (rows: Range<Int>, columns: Range<Int>) {
    areOfRows ? (ranges[index], 0..<columns) : (0..<rows, ranges[index])
  }

  /// In multiplications: what takes some tens of microseconds.
  private static let leastWork = 1 << 20
  private static let alignment = 16
}
