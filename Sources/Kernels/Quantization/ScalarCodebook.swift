import Tensors

/// The few numbers that stand for many with the least squared error: k-means in one dimension (Lloyd, "Least squares
/// quantization in PCM", 1982).
///
/// Values are counted in cells, an eleventh bit of the significand wide, and a cell goes to one entry as a whole; entries are
/// means of the values themselves. They begin as the best there are for a few thousand groups of cells (``LeastErrorPartition``), and
/// move until none does.
package struct ScalarCodebook: Sendable {
  /// Ascending.
  package let entries: [Float]

  /// - Parameters:
  ///   - weights: how much each value matters; nil for all the same. None is negative.
  ///   - rounding: the type that entries are rounded to.
  /// - Throws: ``Failure`` if a value cannot be read, or is NaN or infinite.
  package init(
    count: Int, of reader: any RowReader, weights: [Float]? = nil, rounding: ScaleRounding
  ) throws {
    precondition(count > 0)
    var cells = try ValueCells(reader, weights: weights)
    if cells.totalWeight <= 0 { cells = try ValueCells(reader, weights: nil) }
    var entries = cells.firstEntries(count)
    for _ in 0..<Self.mostSteps {
      let moved = cells.means(around: entries)
      if moved == entries { break }
      entries = moved
    }
    var singles = entries.map { Float($0) }
    rounding.round(&singles)
    self.entries = singles
  }

  private static let mostSteps = 300

  /// The index of the nearest entry to each value, of two equally near ones the lower, as U8.
  ///
  /// - Precondition: there are at most 256 entries.
  package func codes(of reader: any RowReader) throws -> [UInt8] {
    precondition(entries.count <= 256)
    var bounds = zip(entries, entries.dropFirst()).map { $0 / 2 + $1 / 2 }
    while bounds.count < 255 { bounds.append(.infinity) }
    let count = reader.rows * reader.columns
    return try [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      try bounds.withUnsafeBufferPointer { bounds in
        try reader.eachBand { band, values in
          for value in values {
            var code = 0
            var step = 128
            while step > 0 {
              code &+= value > bounds[code &+ step &- 1] ? step : 0
              step >>= 1
            }
            target[initialized] = UInt8(truncatingIfNeeded: code)
            initialized &+= 1
          }
        }
      }
    }
  }
}
