import CKernels
import Tensors

/// An unstructured sparse matrix `[rows (out), columns (in)]`: the nonzeros of each row and their columns.
///
/// Compressed sparse rows, `[column block][row][nonzeros]` with column blocks of 192: two panels of so many
/// features fit the first-level cache, and a column takes 8 bits. An odd nonzero has a zero beside it,
/// as a kernel takes two at a time.
package struct SparseRows: Sendable {
  /// Rows that work is divided by.
  package static let blockRows = 4
  static let blockColumns = 192

  package let rows: Int
  package let columns: Int
  package let nonzeros: Int
  /// Where each row of each column block begins among the values: `[column block][rows + 1]`.
  let starts: PackedMemory
  let values: PackedMemory
  /// Counted from the first column of the block.
  let indices: PackedMemory

  package var rowBlocks: Int { rows.groups(of: Self.blockRows) }
  package var byteCount: Int {
    values.bytes.count + indices.bytes.count + starts.bytes.count
  }

  /// Keeps the nonzeros of a row-major matrix.
  ///
  /// - Throws: ``Failure`` if an element is NaN or infinite.
  package init(rows: Int, columns: Int, floats: UnsafeBufferPointer<Float>) throws {
    precondition(floats.count == rows * columns)
    try checkFinite(UnsafeRawBufferPointer(floats), .f32, firstRow: 0, columns: columns)
    self.rows = rows
    self.columns = columns
    nonzeros = floats.count { $0 != 0 }
    let blocks = (0..<columns).split(by: Self.blockColumns)
    starts = try PackedMemory(byteCount: checkedProduct(blocks.count, rows + 1, 4))
    let room = Self.place(floats, rows, columns, blocks) { _, _, _ in }
    guard room <= UInt32.max else { throw Failure(ScratchReason.noMemory(room * 4)) }
    values = try PackedMemory(byteCount: room * 4)
    indices = try PackedMemory(byteCount: room)
    let (starts, values) = (starts.elements(as: UInt32.self), values.elements(as: Float.self))
    let indices = indices.elements(as: UInt8.self)
    var start = 0
    _ = Self.place(floats, rows, columns, blocks) { place, value, column in
      guard let column else {
        starts[start] = UInt32(place)
        start += 1
        return
      }
      values[place] = value
      indices[place] = UInt8(column)
    }
  }

  /// Calls the body for each nonzero with its place, its value and its column within the block, and
  /// without a column at the start of each row and at the end of each block.
  ///
  /// - Returns: the number of places.
  private static func place(
    _ floats: UnsafeBufferPointer<Float>, _ rows: Int, _ columns: Int, _ blocks: [Range<Int>],
    _ body: (Int, Float, Int?) -> Void
  ) -> Int {
    var place = 0
    for block in blocks {
      for row in 0..<rows {
        body(place, 0, nil)
        for column in block {
          let value = floats[row &* columns &+ column]
          guard value != 0 else { continue }
          body(place, value, column &- block.lowerBound)
          place += 1
        }
        place += place % 2
      }
      body(place, 0, nil)
    }
    return place
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
        starts: starts.elements(as: UInt32.self) + block * (rows + 1) + first,
        values: values.elements(as: Float.self), rows: last - first,
        x: x.dropping(features: block * Self.blockColumns), tokens: tokens,
        y: y.dropping(features: first), bias: block == 0 ? bias.map { $0 + first } : nil,
        adding: adding || block > 0)
      let indices = indices.elements(as: UInt8.self)
      switch instructions {
      case .baseline: part.runPlainly(blockRows: 1) { Int(indices[$0]) }
      case .avx2:
        pare_sparse_rows(
          part.starts, indices, part.values, part.rows, part.x.base, part.x.panelStride, tokens,
          part.y.base, part.y.panelStride, part.bias, part.adding ? 1 : 0)
      }
    }
  }
}
