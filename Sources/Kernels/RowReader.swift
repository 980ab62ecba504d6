import Tensors

/// A matrix whose rows are read some at a time, as singles.
package protocol RowReader: Sendable {
  var rows: Int { get }
  var columns: Int { get }
  /// How many rows are best read at a time by whoever goes through all; all, where no part is to be had alone.
  var bandHeight: Int { get }

  /// Writes some rows, row-major.
  ///
  /// - Precondition: the rows are among the matrix's and the target has room for exactly them.
  /// - Throws: ``Failure`` if they cannot be read, or are damaged.
  func read(_ rows: Range<Int>, into target: UnsafeMutableBufferPointer<Float>) throws
}

extension RowReader {
  /// Lends all rows, from the first, a band at a time.
  ///
  /// - Parameter unit: how many rows, or a multiple of it, a band has; the last may have fewer.
  package func eachBand(
    multipleOf unit: Int = 1, _ body: (Range<Int>, UnsafeBufferPointer<Float>) throws -> Void
  ) throws {
    guard rows > 0 else { return }
    let height = min(rows, max(1, bandHeight / unit) * unit)
    try withScratch(checkedProduct(height, columns, 4)) { scratch in
      let scratch = scratch.bindMemory(to: Float.self)
      for band in (0..<rows).split(by: height) {
        let values = UnsafeMutableBufferPointer(rebasing: scratch[..<(band.count * columns)])
        try read(band, into: values)
        try body(band, UnsafeBufferPointer(values))
      }
    }
  }

  /// All rows.
  package func values() throws -> [Float] {
    try [Float](unsafeUninitializedCapacity: checkedProduct(rows, columns)) { buffer, count in
      for band in (0..<rows).split(by: max(1, bandHeight)) {
        let members = (band.lowerBound * columns)..<(band.upperBound * columns)
        try read(band, into: UnsafeMutableBufferPointer(rebasing: buffer[members]))
      }
      count = rows * columns
    }
  }

  /// As many rows as take about a piece of memory that stays in the second-level cache.
  package static func usualBandHeight(columns: Int) -> Int { max(1, (64 << 10) / max(1, columns)) }
}

/// The rows of a tensor of floats.
package struct TensorRows: RowReader {
  package let rows: Int
  package let columns: Int
  private let tensor: Tensor

  /// - Precondition: the tensor is of a floating-point type and has as many elements as the matrix.
  package init(_ tensor: Tensor, rows: Int, columns: Int) {
    precondition(tensor.elementType.isFloat && tensor.elementCount == rows * columns)
    self.tensor = tensor
    self.rows = rows
    self.columns = columns
  }

  package var bandHeight: Int {
    guard tensor.source.pieceSize < tensor.byteCount else { return rows }
    let rowSize = max(1, columns * tensor.elementType.byteWidth!)
    return max(1, tensor.source.pieceSize / rowSize)
  }

  package func read(_ rows: Range<Int>, into target: UnsafeMutableBufferPointer<Float>) throws {
    precondition(target.count == rows.count * columns)
    let rowSize = columns * tensor.elementType.byteWidth!
    try tensor.source.withBytes((rows.lowerBound * rowSize)..<(rows.upperBound * rowSize)) {
      _ = Cast.convert($0, tensor.elementType, to: UnsafeMutableRawBufferPointer(target), .f32)
    }
  }
}
