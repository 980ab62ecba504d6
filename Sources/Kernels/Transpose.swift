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
private struct TransposedSource: TensorSource {
  let matrix: Tensor

  var byteCount: Int { matrix.byteCount }
  var lendsParts: Bool { false }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try withScratch(byteCount) { scratch in
      try matrix.withBytes {
        transpose(
          $0, rows: matrix.shape[0], columns: matrix.shape[1],
          elementWidth: matrix.elementType.byteWidth!, into: scratch)
      }
      return try body(UnsafeRawBufferPointer(rebasing: scratch[range]))
    }
  }
}

/// Writes the transpose of a `[rows, columns]` row-major matrix.
package func transpose(
  _ source: UnsafeRawBufferPointer, rows: Int, columns: Int, elementWidth: Int,
  into target: UnsafeMutableRawBufferPointer
) {
  precondition(source.count == rows * columns * elementWidth && target.count >= source.count)
  switch elementWidth {
  case 1: transposeTiles(source, rows, columns, target, UInt8.self)
  case 2: transposeTiles(source, rows, columns, target, UInt16.self)
  case 4: transposeTiles(source, rows, columns, target, UInt32.self)
  case 8: transposeTiles(source, rows, columns, target, UInt64.self)
  default: preconditionFailure("elements of \(elementWidth) bytes")
  }
}

/// Tile by tile, so that both sides stay in the first-level cache.
@inline(__always)
private func transposeTiles<Element: FixedWidthInteger>(
  _ source: UnsafeRawBufferPointer, _ rows: Int, _ columns: Int,
  _ target: UnsafeMutableRawBufferPointer, _: Element.Type
) {
  guard rows > 0, columns > 0 else { return }
  let width = MemoryLayout<Element>.size
  let tile = 32
  let input = source.baseAddress!
  let output = target.baseAddress!
  for rowStart in stride(from: 0, to: rows, by: tile) {
    let rowEnd = min(rowStart + tile, rows)
    for columnStart in stride(from: 0, to: columns, by: tile) {
      for column in columnStart..<min(columnStart + tile, columns) {
        for row in rowStart..<rowEnd {
          let element = input.loadUnaligned(
            fromByteOffset: (row &* columns &+ column) &* width, as: Element.self)
          output.storeBytes(
            of: element, toByteOffset: (column &* rows &+ row) &* width, as: Element.self)
        }
      }
    }
  }
}
