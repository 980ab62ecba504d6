import CKernels
import Tensors

/// A sparse matrix `[rows (out), columns (in)]` of blocks of 4 rows that share a column.
///
/// A block with one nonzero is kept whole; the rows of the last blocks are filled up with zeros. They lie
/// as `[column block][row of blocks][block][4 rows]` with column blocks of 384, so that what is needed of the
/// activations meanwhile fits the first-level cache.
package struct SparseBlocks: Sendable {
  /// Rows in a block, and those that work is divided by.
  package static let blockRows = 4
  static let blockColumns = 384

  package let rows: Int
  package let columns: Int
  package let nonzeros: Int
  package let blocks: Int
  /// Where each row of blocks of each column block begins among the blocks: `[column block][row blocks + 1]`.
  let starts: PackedMemory
  /// `[block][4 rows]`.
  let values: PackedMemory
  /// Counted from the first column of the column block.
  let indices: PackedMemory

  package var rowBlocks: Int { rows.groups(of: Self.blockRows) }
  package var byteCount: Int {
    values.bytes.count + indices.bytes.count + starts.bytes.count
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
    blocks = pattern.nonzeroBlocks
    guard blocks <= UInt32.max else { throw Failure(ScratchReason.noMemory(blocks * 16)) }
    values = try PackedMemory(byteCount: blocks * Self.blockRows * 4)
    indices = try PackedMemory(byteCount: blocks * 2)
    let columnBlocks = (0..<columns).split(by: Self.blockColumns)
    starts = try PackedMemory(
      byteCount: checkedProduct(columnBlocks.count, rows.groups(of: Self.blockRows) + 1, 4))
    pack(floats, columnBlocks)
  }

  private func pack(_ floats: UnsafeBufferPointer<Float>, _ columnBlocks: [Range<Int>]) {
    let (starts, values) = (starts.elements(as: UInt32.self), values.elements(as: Float.self))
    let indices = indices.elements(as: UInt16.self)
    var (start, place) = (0, 0)
    for columnBlock in columnBlocks {
      for members in (0..<rows).split(by: Self.blockRows) {
        starts[start] = UInt32(place)
        start += 1
        for column in columnBlock
        where members.contains(where: { floats[$0 &* columns &+ column] != 0 }) {
          for (member, row) in members.enumerated() {
            values[place * Self.blockRows + member] = floats[row &* columns &+ column]
          }
          indices[place] = UInt16(column - columnBlock.lowerBound)
          place += 1
        }
      }
      starts[start] = UInt32(place)
      start += 1
    }
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
    let first = rowBlocks.lowerBound * Self.blockRows
    let last = min(rowBlocks.upperBound * Self.blockRows, rows)
    guard first < last else { return }
    // A matrix without columns still has one, empty, sum.
    guard columns > 0 else {
      return y.begin(rows: first..<last, tokens: tokens, bias: bias, adding: adding)
    }
    for block in 0..<columns.groups(of: Self.blockColumns) {
      let part = SparseProduct(
        starts: starts.elements(as: UInt32.self) + block * (self.rowBlocks + 1)
          + rowBlocks.lowerBound,
        values: values.elements(as: Float.self), rows: last - first,
        x: x.dropping(features: block * Self.blockColumns), tokens: tokens,
        y: y.dropping(features: first), bias: block == 0 ? bias.map { $0 + first } : nil,
        adding: adding || block > 0)
      let indices = indices.elements(as: UInt16.self)
      switch instructions {
      case .baseline: part.runPlainly(blockRows: Self.blockRows) { Int(indices[$0]) }
      case .avx2:
        pare_sparse_blocks(
          part.starts, indices, part.values, part.rows, part.x.base, part.x.panelStride, tokens,
          part.y.base, part.y.panelStride, part.bias, part.adding ? 1 : 0)
      }
    }
  }
}
