import Tensors

/// A row-major matrix of singles in memory that someone else holds.
struct SingleMatrix: @unchecked Sendable {
  let rows: Int
  let columns: Int
  let start: UnsafePointer<Float>

  /// - Precondition: there are `rows · columns` numbers, and at least one.
  init(rows: Int, columns: Int, floats: UnsafeBufferPointer<Float>) {
    precondition(floats.count == rows * columns && !floats.isEmpty)
    self.rows = rows
    self.columns = columns
    start = floats.baseAddress!
  }

  func row(_ index: Int) -> UnsafePointer<Float> { start + index &* columns }

  /// The shorter side, along which decompositions work.
  var shorterSide: Side { rows < columns ? .rows : .columns }

  enum Side { case rows, columns }

  /// Rows in parts that do not depend on the number of threads.
  var bands: [Range<Int>] { (0..<rows).split(by: max(1, Self.bandSize / columns)) }

  /// In numbers: as many as fit the second-level cache in double precision.
  private static let bandSize = 1 << 16
}

extension Tensor {
  /// Lends all elements of a matrix as singles, aligned, for the duration of a call.
  ///
  /// - Throws: ``Failure`` if it is no matrix of floats, or an element is NaN or infinite as a single.
  func withSingles<Result>(_ body: (SingleMatrix) throws -> Result) throws -> Result {
    guard shape.rank == 2 else { throw Failure(WeightReason.notAMatrix(shape)) }
    guard elementType.isFloat else { throw Failure(WeightReason.notFloat(elementType)) }
    let (rows, columns) = (shape[0], shape[1])
    return try cast(to: .f32).withBytes { bytes in
      try checkFinite(bytes, .f32, firstRow: 0, columns: columns)
      return try bytes.withAlignedFloats {
        try body(SingleMatrix(rows: rows, columns: columns, floats: $0))
      }
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Lends bytes as floats: a copy of them where they do not lie as floats must.
  func withAlignedFloats<Result>(
    _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) throws -> Result {
    guard let baseAddress else { return try body(UnsafeBufferPointer(start: nil, count: 0)) }
    if Int(bitPattern: baseAddress) % MemoryLayout<Float>.alignment == 0 {
      return try body(bindMemory(to: Float.self))
    }
    return try withScratch(count) { scratch in
      scratch.copyMemory(from: self)
      return try body(UnsafeBufferPointer(scratch.bindMemory(to: Float.self)))
    }
  }
}
