/// How the zeros of a matrix lie, and which kernel multiplies it fastest.
///
/// Times are in those that a dense product takes for one element: what a nonzero takes, and what each end of
/// a row within a block of columns does.
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

  /// The kernel that takes least time, by what each was measured to take.
  package var fastest: Kind {
    let dense = Double(rows) * Double(columns)
    let asRows =
      1.6 * Double(nonzeros) + 5 * Double(rows * columns.groups(of: SparseRows.blockColumns))
    let blockRows = rows.groups(of: SparseBlocks.blockRows)
    let asBlocks =
      4.2 * Double(nonzeroBlocks)
      + 13 * Double(blockRows * columns.groups(of: SparseBlocks.blockColumns))
    if dense <= min(asRows, asBlocks) { return .dense }
    return asRows < asBlocks ? .rows : .blocks
  }
}
