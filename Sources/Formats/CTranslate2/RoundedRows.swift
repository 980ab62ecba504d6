import Kernels
import Tensors

/// A matrix as int8 codes and the scales that its rows were multiplied by, both worked out when they are asked for.
struct RoundedRows {
  let codes: any TensorSource
  let scales: any TensorSource

  /// - Precondition: the values are a matrix of a floating-point type and not empty.
  init(_ values: Tensor) {
    let matrix = RowsOfSingles(values: values.cast(to: .f32))
    codes = CodesSource(matrix: matrix)
    scales = ScalesSource(matrix: matrix)
  }
}

private struct RowsOfSingles: Sendable {
  let values: Tensor

  var rows: Int { values.shape[0] }
  var columns: Int { values.shape[1] }
  /// How many rows are best read at once.
  var rowsInPiece: Int { min(rows, max(1, values.source.pieceSize / (columns * 4))) }

  /// Lends some rows, a row at a time with its scale.
  ///
  /// - Throws: ``Failure`` if a row has a value that is not finite.
  func forEach(
    in range: Range<Int>, _ body: (_ row: Int, _ scale: Float, UnsafeRawBufferPointer) -> Void
  ) throws {
    let size = columns * 4
    try values.source.withBytes((range.lowerBound * size)..<(range.upperBound * size)) { bytes in
      for (place, row) in range.enumerated() {
        let values = UnsafeRawBufferPointer(rebasing: bytes[(place * size)..<((place + 1) * size)])
        guard let scale = SymmetricRounding.scale(of: values) else {
          throw Failure(CTranslate2Reason.notFinite(row: row))
        }
        body(row, scale, values)
      }
    }
  }
}

private struct CodesSource: TensorSource {
  let matrix: RowsOfSingles

  var byteCount: Int { matrix.values.elementCount }
  var pieceSize: Int { matrix.rowsInPiece * matrix.columns }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let width = matrix.columns
    let rows = (range.lowerBound / width)..<((range.upperBound + width - 1) / width)
    return try withScratch(rows.count * width) { scratch in
      try matrix.forEach(in: rows) { row, scale, values in
        let start = (row - rows.lowerBound) * width
        SymmetricRounding.round(
          values, by: scale,
          into: UnsafeMutableRawBufferPointer(rebasing: scratch[start..<(start + width)]))
      }
      let start = range.lowerBound - rows.lowerBound * width
      return try body(UnsafeRawBufferPointer(rebasing: scratch[start..<(start + range.count)]))
    }
  }
}

private struct ScalesSource: TensorSource {
  let matrix: RowsOfSingles

  var byteCount: Int { matrix.rows * 4 }
  var pieceSize: Int { byteCount }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let rows = (range.lowerBound / 4)..<((range.upperBound + 3) / 4)
    return try withScratch(rows.count * 4) { scratch in
      for start in stride(from: rows.lowerBound, to: rows.upperBound, by: matrix.rowsInPiece) {
        let end = min(start + matrix.rowsInPiece, rows.upperBound)
        try matrix.forEach(in: start..<end) { row, scale, _ in
          scratch.storeBytes(
            of: scale, toByteOffset: (row - rows.lowerBound) * 4, as: Float.self)
        }
      }
      let start = range.lowerBound - rows.lowerBound * 4
      return try body(UnsafeRawBufferPointer(rebasing: scratch[start..<(start + range.count)]))
    }
  }
}
