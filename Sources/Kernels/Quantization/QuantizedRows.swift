import Tensors

/// The rows of a matrix of codes, decoded.
package struct QuantizedRows: RowReader {
  package let rows: Int
  package let columns: Int
  private let codes: Tensor
  private let decoder: any CodeDecoder

  /// - Throws: ``Failure`` if there is not a code for each of the matrix's values, or codes are no integers.
  package init(_ codes: Tensor, _ decoder: any CodeDecoder, rows: Int, columns: Int) throws {
    guard columns % decoder.codeWidth == 0,
      codes.elementCount == rows * (columns / decoder.codeWidth)
    else {
      throw Failure(
        CodeReason.parts("codes of shape \(codes.shape)", rows: rows, columns: columns))
    }
    self.codes = codes
    self.decoder = decoder
    self.rows = rows
    self.columns = columns
  }

  private var rowSize: Int { columns / decoder.codeWidth * (codes.elementType.byteWidth ?? 1) }

  package var bandHeight: Int {
    codes.source.pieceSize < codes.byteCount ? Self.usualBandHeight(columns: columns) : rows
  }

  package func read(_ rows: Range<Int>, into target: UnsafeMutableBufferPointer<Float>) throws {
    precondition(target.count == rows.count * columns)
    let (size, count) = (rowSize, columns / decoder.codeWidth)
    guard let start = target.baseAddress, count > 0 else { return }
    try codes.source.withBytes((rows.lowerBound * size)..<(rows.upperBound * size)) { bytes in
      try withScratch(count * 4) { scratch in
        let wide = scratch.bindMemory(to: Int32.self)
        for (index, row) in rows.enumerated() {
          let own = (index * size)..<((index + 1) * size)
          try Codes.read(
            UnsafeRawBufferPointer(rebasing: bytes[own]), codes.elementType, into: wide)
          try decoder.decode(row: row, UnsafeBufferPointer(wide), into: start + index * columns)
        }
      }
    }
  }
}
