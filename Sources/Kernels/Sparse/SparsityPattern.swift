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
    guard let start = floats.baseAddress else { return }
    for members in (0..<rows).split(by: SparseBlocks.blockRows) {
      // The rows of an incomplete block are made up of repetitions of one, which is counted once.
      let places = (0..<SparseBlocks.blockRows).map {
        start + min(members.lowerBound + $0, rows - 1) * columns
      }
      let (a, b, c, d) = (places[0], places[1], places[2], places[3])
      let repeated = Int32(SparseBlocks.blockRows - members.count)
      var (nonzeros, blocks): (Int32, Int32) = (0, 0)
      for column in 0..<columns {
        let last: Int32 = d[column] != 0 ? 1 : 0
        let all =
          (a[column] != 0 ? 1 : 0) &+ (b[column] != 0 ? 1 : 0) &+ (c[column] != 0 ? 1 : 0) &+ last
        nonzeros &+= all &- repeated &* last
        blocks &+= all > 0 ? 1 : 0
      }
      self.nonzeros += Int(nonzeros)
      nonzeroBlocks += Int(blocks)
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
