import Tensors

extension Tensor {
  /// The transpose of a matrix, computed whenever its bytes are asked for; twice is the matrix itself.
  ///
  /// - Precondition: the rank is 2 and elements are whole bytes.
  package func transposed() -> Tensor {
    precondition(shape.rank == 2 && elementType.byteWidth != nil)
    let transposedShape: Shape = [shape[1], shape[0]]
    if let transposed = source as? TransposedSource, transposed.matrix.shape == transposedShape {
      return transposed.matrix
    }
    return Tensor(elementType, transposedShape, source: TransposedSource(matrix: self))
  }
}

/// The bytes of a matrix, column by column.
///
/// A part is made of whole rows of the transpose; the matrix is gone through for it from its first row
/// to its last, a piece at a time, so that neither is ever held as a whole.
private struct TransposedSource: TensorSource {
  let matrix: Tensor

  var byteCount: Int { matrix.byteCount }

  var pieceSize: Int {
    let isWhole = matrix.source.pieceSize >= byteCount
    guard rowSize > 0, !isWhole else { return max(1, byteCount) }
    return max(1, Self.bandSize / rowSize) * rowSize
  }

  /// Few bands, as the whole matrix is read for each; small ones, as each thread holds one.
  private static var bandSize: Int { 2 << 20 }

  /// Of a row of the transpose, in bytes.
  private var rowSize: Int { matrix.shape[0] * matrix.elementType.byteWidth! }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard rowSize > 0 else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    let band = (range.lowerBound / rowSize)..<((range.upperBound + rowSize - 1) / rowSize)
    return try withScratch(band.count * rowSize) { scratch in
      try fill(scratch, with: band)
      let start = range.lowerBound - band.lowerBound * rowSize
      return try body(UnsafeRawBufferPointer(rebasing: scratch[start..<(start + range.count)]))
    }
  }

  /// Writes the rows of the transpose that are some of the matrix's columns.
  private func fill(_ scratch: UnsafeMutableRawBufferPointer, with columns: Range<Int>) throws {
    let (rows, width) = (matrix.shape[0], matrix.elementType.byteWidth!)
    let inputRowSize = matrix.shape[1] * width
    guard inputRowSize > 0 else { return }
    let step = max(1, matrix.source.pieceSize / inputRowSize)
    for first in stride(from: 0, to: rows, by: step) {
      let some = first..<min(first + step, rows)
      let range = (some.lowerBound * inputRowSize)..<(some.upperBound * inputRowSize)
      try matrix.source.withBytes(range) { piece in
        transpose(
          MatrixBlock(
            bytes: piece, rows: some, totalRows: rows, columns: columns,
            totalColumns: matrix.shape[1]), elementWidth: width, into: scratch)
      }
    }
  }
}

/// Some rows of a row-major matrix, and which of their columns are wanted.
struct MatrixBlock {
  /// Of all columns of the rows.
  let bytes: UnsafeRawBufferPointer
  let rows: Range<Int>
  let totalRows: Int
  let columns: Range<Int>
  let totalColumns: Int
}

/// Writes the transpose of a block to its place among the rows `columns` of the whole transpose.
func transpose(
  _ block: MatrixBlock, elementWidth: Int, into target: UnsafeMutableRawBufferPointer
) {
  precondition(block.bytes.count == block.rows.count * block.totalColumns * elementWidth)
  precondition(target.count >= block.columns.count * block.totalRows * elementWidth)
  switch elementWidth {
  case 1: transposeTiles(block, target, UInt8.self)
  case 2: transposeTiles(block, target, UInt16.self)
  case 4: transposeTiles(block, target, UInt32.self)
  case 8: transposeTiles(block, target, UInt64.self)
  default: preconditionFailure("elements of \(elementWidth) bytes")
  }
}

/// Tile by tile, so that both sides stay in the first-level cache.
@inline(__always)
private func transposeTiles<Element: FixedWidthInteger>(
  _ block: MatrixBlock, _ target: UnsafeMutableRawBufferPointer, _: Element.Type
) {
  guard let input = block.bytes.baseAddress, let output = target.baseAddress else { return }
  let width = MemoryLayout<Element>.size
  let tile = 32
  let (height, stride) = (block.rows.count, block.totalColumns)
  for rowStart in Swift.stride(from: 0, to: height, by: tile) {
    let rowEnd = min(rowStart + tile, height)
    for columnStart in Swift.stride(from: 0, to: block.columns.count, by: tile) {
      for column in columnStart..<min(columnStart + tile, block.columns.count) {
        let from = block.columns.lowerBound &+ column
        let to = column &* block.totalRows &+ block.rows.lowerBound
        for row in rowStart..<rowEnd {
          let element = input.loadUnaligned(
            fromByteOffset: (row &* stride &+ from) &* width, as: Element.self)
          output.storeBytes(of: element, toByteOffset: (to &+ row) &* width, as: Element.self)
        }
      }
    }
  }
}
