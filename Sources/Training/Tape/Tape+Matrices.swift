import Kernels
import Tensors

extension Tape {
  /// Rows of a width in pieces of some thousand numbers.
  func rowPieces(_ rows: Int, width: Int) -> [Range<Int>] {
    (0..<rows).split(by: max(1, Self.pieceSize / max(1, width)))
  }

  /// Numbers in pieces of some thousand.
  func pieces(of count: Int) -> [Range<Int>] { (0..<count).split(by: Self.pieceSize) }

  /// In numbers: small enough for the first-level cache, large enough to be worth handing out.
  private static var pieceSize: Int { 1 << 13 }

  func copy(_ matrix: Matrix) throws -> Matrix {
    let result = try self.matrix(rows: matrix.rows, columns: matrix.columns)
    let pieces = pieces(of: matrix.count)
    try forEach(pieces.count) { piece in
      let range = pieces[piece]
      (result.start + range.lowerBound).update(
        from: matrix.start + range.lowerBound, count: range.count)
    }
    return result
  }

  func clear(_ matrix: Matrix) throws {
    let pieces = pieces(of: matrix.count)
    try forEach(pieces.count) { piece in
      (matrix.start + pieces[piece].lowerBound).update(repeating: 0, count: pieces[piece].count)
    }
  }

  func add(_ matrix: Matrix, to sum: Matrix) throws {
    try add(matrix, times: 1, to: sum)
  }

  func add(_ matrix: Matrix, times factor: Float, to sum: Matrix) throws {
    precondition(matrix.count == sum.count)
    let pieces = pieces(of: matrix.count)
    try forEach(pieces.count) { piece in
      let range = pieces[piece]
      let (term, sum) = (matrix.start + range.lowerBound, sum.start + range.lowerBound)
      for index in 0..<range.count { sum[index] += factor * term[index] }
    }
  }

  /// The matrix itself if nobody else holds it, or a copy that may be written to.
  func own(_ matrix: inout Matrix) throws {
    if !isKnownUniquelyReferenced(&matrix) { matrix = try copy(matrix) }
  }
}
