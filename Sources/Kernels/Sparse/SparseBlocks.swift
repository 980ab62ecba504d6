import Tensors

/// A sparse matrix `[rows (out), columns (in)]` of blocks of 4 rows that share a column.
///
/// A block with one nonzero is kept whole; the rows of the last blocks are filled up with zeros.
package struct SparseBlocks: Sendable {
  /// Rows in a block, and those that work is divided by.
  package static let blockRows = 4

  package let rows: Int
  package let columns: Int
  package let nonzeros: Int
  /// Where each row of blocks begins among the blocks, and after the last, their number.
  let starts: [Int]
  /// `[block][4 rows]`.
  let values: PackedMemory
  let indices: PackedIndices

  package var rowBlocks: Int { rows.groups(of: Self.blockRows) }
  package var blocks: Int { starts[starts.count - 1] }
  package var byteCount: Int {
    values.bytes.count + indices.memory.bytes.count + starts.count * MemoryLayout<Int>.size
  }

  /// Keeps the blocks of a row-major matrix that have a nonzero.
  ///
  /// - Throws: ``Failure`` if an element is NaN or infinite.
  package init(rows: Int, columns: Int, floats: UnsafeBufferPointer<Float>) throws {
    precondition(floats.count == rows * columns)
    try checkFinite(UnsafeRawBufferPointer(floats), .f32, firstRow: 0, columns: columns)
    self.rows = rows
    self.columns = columns
    let pattern = SparsityPattern(rows: rows, columns: columns, floats: floats)
    nonzeros = pattern.nonzeros
    values = try PackedMemory(byteCount: pattern.nonzeroBlocks * Self.blockRows * 4)
    indices = try PackedIndices(count: pattern.nonzeroBlocks, columns: columns)
    var starts = [0]
    var place = 0
    let target = values.elements(as: Float.self)
    for first in stride(from: 0, to: rows, by: Self.blockRows) {
      let members = first..<min(first + Self.blockRows, rows)
      for column in 0..<columns
      where members.contains(where: { floats[$0 &* columns &+ column] != 0 }) {
        for row in members {
          target[place &* Self.blockRows &+ row &- first] = floats[row &* columns &+ column]
        }
        indices.store(column, at: place)
        place += 1
      }
      starts.append(place)
    }
    self.starts = starts
  }

  /// As ``DenseWeights/multiply(_:tokens:into:rowBlocks:bias:adding:)``.
  package func multiply(
    _ x: Activations, tokens: Int, into y: Activations, rowBlocks: Range<Int>,
    bias: UnsafePointer<Float>?, adding: Bool
  ) throws {
    multiply(
      x, tokens: tokens, into: y, rowBlocks: rowBlocks, bias: bias, adding: adding,
      using: .available)
  }

  func multiply(
    _ x: Activations, tokens: Int, into y: Activations, rowBlocks: Range<Int>,
    bias: UnsafePointer<Float>?, adding: Bool, using instructions: Instructions
  ) {
    precondition(rowBlocks.lowerBound >= 0 && rowBlocks.upperBound <= self.rowBlocks)
    let width = Activations.panelWidth
    let last = min(rowBlocks.upperBound * Self.blockRows, rows)
    for row in (rowBlocks.lowerBound * Self.blockRows)..<last {
      let (block, member) = row.quotientAndRemainder(dividingBy: Self.blockRows)
      let values = values.elements(as: Float.self) + member
      for token in 0..<tokens {
        let input = x.panel(token / width) + token % width
        let output = y.panel(token / width) + row * width + token % width
        var sum: Float = 0
        for place in starts[block]..<starts[block + 1] {
          sum += values[place * Self.blockRows] * input[indices[place] * width]
        }
        output.pointee = (adding ? output.pointee : 0) + (bias?[row] ?? 0) + sum
      }
    }
  }
}
