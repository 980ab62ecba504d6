/// The tiles of a matrix whose elements share a scale: `height` rows by `width` columns each, less at
/// the right and lower edges. Scales are row-major, `[down, across]`.
package struct ScaleGrid: Sendable, Equatable {
  package let rows: Int
  package let columns: Int
  package let height: Int
  package let width: Int

  /// - Precondition: no length is negative, and tiles are not empty.
  package init(rows: Int, columns: Int, height: Int, width: Int) {
    precondition(rows >= 0 && columns >= 0 && height > 0 && width > 0)
    self.rows = rows
    self.columns = columns
    self.height = height
    self.width = width
  }

  package var down: Int { rows.groups(of: height) }
  package var across: Int { columns.groups(of: width) }
  package var count: Int { down * across }

  /// The columns of a tile.
  func columns(of tile: Int) -> Range<Int> { (tile * width)..<min((tile + 1) * width, columns) }
}
