/// How the zeros of a matrix lie, and which kernel multiplies it fastest.
package struct SparsityPattern: Sendable, Equatable {
  package enum Kind: Sendable { case dense, rows, blocks }

  package let rows: Int
  package let columns: Int
  package var nonzeros = 0
  /// Blocks of 4 rows that share a column in which not all are zero.
  package var nonzeroBlocks = 0

  /// Counts a row-major matrix.
  package init(rows: Int, columns: Int, floats: UnsafeBufferPointer<Float>) {
    precondition(floats.count == rows * columns)
    self.rows = rows
    self.columns = columns
    for first in stride(from: 0, to: rows, by: SparseBlocks.blockRows) {
      for column in 0..<columns {
        var members = 0
        for row in first..<min(first + SparseBlocks.blockRows, rows) {
          members &+= floats[row &* columns &+ column] != 0 ? 1 : 0
        }
        nonzeros += members
        nonzeroBlocks += members > 0 ? 1 : 0
      }
    }
  }

  /// The kernel that takes least time, by what a nonzero of each costs as measured.
  package var fastest: Kind {
    let elements = Double(rows * columns)
    let asRows = Double(nonzeros) * Self.costInRows
    let asBlocks = Double(nonzeroBlocks * SparseBlocks.blockRows) * Self.costInBlocks
    if elements <= min(asRows, asBlocks) { return .dense }
    return asRows < asBlocks ? .rows : .blocks
  }

  /// The time for an element of each kernel, that for an element of a dense matrix being 1.
  private static let costInRows = 3.0
  private static let costInBlocks = 1.6
}
