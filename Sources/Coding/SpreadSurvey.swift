/// How far the symbols of each row and of each column spread, gathered row by row, and the levels that
/// follow.
///
/// The spread of a row is the mean of a measure of its symbols, on a logarithmic scale; that of a column
/// the mean of what its symbols have above their rows'.
struct SpreadSurvey {
  private let measure: [Int32]
  private let rowLength: Int
  private(set) var rows: [Int32] = []
  private var columnSums: [Int]

  /// - Parameter measure: of each symbol, as a logarithm to base 2, in units of 2⁻¹⁰.
  init(measure: [Int32], rowLength: Int) {
    self.measure = measure
    self.rowLength = rowLength
    columnSums = [Int](repeating: 0, count: rowLength)
  }

  /// Takes note of the rows of a chunk.
  mutating func add(_ symbols: UnsafeBufferPointer<UInt8>) {
    measure.withUnsafeBufferPointer { measure in
      columnSums.withUnsafeMutableBufferPointer { columns in
        for start in stride(from: 0, to: symbols.count, by: rowLength) {
          let length = min(rowLength, symbols.count - start)
          var sum = 0
          for column in 0..<length { sum &+= Int(measure[Int(symbols[start &+ column])]) }
          let mean = sum / length
          rows.append(Int32(truncatingIfNeeded: mean))
          for column in 0..<length {
            columns[column] &+= Int(measure[Int(symbols[start &+ column])]) &- mean
          }
        }
      }
    }
  }

  /// Levels in equal steps, the same for rows and columns, that nearly all of them fit in.
  func levels() -> (rows: [UInt8], columns: [UInt8]) {
    let columns = columnSums.map { Int32(truncatingIfNeeded: $0 / max(1, rows.count)) }
    return LevelSteps.levels(rows: rows, columns: columns, count: 7)
  }
}
