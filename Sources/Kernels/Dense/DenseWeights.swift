import Tensors

/// A dense matrix `[rows (out), columns (in)]` packed for products, its elements F32, F16, BF16 or I8.
///
/// Packed means `[column block][row block][column][6 rows]` with column blocks of 384: a kernel reads it
/// from the first byte to the last, and what it needs of the activations meanwhile stays in the
/// first-level cache. Rows that fill up the last block are zeros.
package struct DenseWeights: Sendable {
  /// Rows in a block: with 16 tokens, two registers of accumulators for each fill 12 of 16.
  package static let blockRows = 6
  /// Columns in a block.
  static let blockColumns = 384

  package let rows: Int
  package let columns: Int
  let elements: PackedElements
  let memory: PackedMemory

  package var rowBlocks: Int { rows.groups(of: Self.blockRows) }
  var columnBlocks: Int { columns.groups(of: Self.blockColumns) }

  /// What the packed elements take, with their scales.
  package var byteCount: Int { memory.bytes.count + (elements.quantization?.byteCount ?? 0) }

  /// Room for a matrix, filled with zeros.
  init(rows: Int, columns: Int, elements: PackedElements) throws {
    self.rows = rows
    self.columns = columns
    self.elements = elements
    memory = try PackedMemory(
      byteCount: checkedProduct(
        rows.groups(of: Self.blockRows), Self.blockRows, columns, elements.byteWidth))
  }

  /// The columns of a block.
  func columns(of columnBlock: Int) -> Range<Int> {
    let first = columnBlock * Self.blockColumns
    return first..<min(first + Self.blockColumns, columns)
  }

  /// Where the part of a row block within a column block begins, in elements.
  func offset(rowBlock: Int, columnBlock: Int) -> Int {
    let columns = columns(of: columnBlock)
    return (columns.lowerBound * rowBlocks + rowBlock * columns.count) * Self.blockRows
  }

  /// The rows that blocks hold.
  func rows(of rowBlocks: Range<Int>) -> Range<Int> {
    (rowBlocks.lowerBound * Self.blockRows)..<min(rowBlocks.upperBound * Self.blockRows, rows)
  }
}

/// What the elements of a packed matrix are.
enum PackedElements: Sendable {
  case f32, f16, bf16
  case i8(PackedQuantization)

  var byteWidth: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .i8: 1
    }
  }

  var quantization: PackedQuantization? {
    if case .i8(let quantization) = self { quantization } else { nil }
  }
}

/// The scales and zero points of int8 codes, for each row and group of columns:
/// x = scale · (code − zero point).
///
/// Both are `[row block][group][6 rows]`.
struct PackedQuantization: Sendable {
  /// Columns in a group.
  let groupSize: Int
  let groups: Int
  let scales: [Float]
  let zeroPoints: [Int32]

  var byteCount: Int { (scales.count + zeroPoints.count) * 4 }

  /// Puts those of each row in the order of the packed rows.
  init(_ quantization: RowQuantization, rows: Int) {
    let unit = DenseWeights.blockRows
    groupSize = quantization.groupSize
    groups = quantization.groups
    var scales = [Float](repeating: 0, count: rows.groups(of: unit) * unit * groups)
    var zeroPoints = [Int32](repeating: 0, count: scales.count)
    for row in 0..<rows {
      for group in 0..<groups {
        let place = (row / unit * groups + group) * unit + row % unit
        scales[place] = quantization.scales[row * groups + group]
        zeroPoints[place] = quantization.zeroPoints[row * groups + group]
      }
    }
    self.scales = scales
    self.zeroPoints = zeroPoints
  }
}
