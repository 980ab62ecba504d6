/// Divides a logarithmic scale into levels, in equal steps that are the same for rows and for columns.
enum LevelSteps {
  /// The levels of rows and of columns.
  ///
  /// - Parameter count: of steps from one end to the other of nearly all values.
  static func levels(rows: [Int32], columns: [Int32], count: Int32) -> (
    rows: [UInt8], columns: [UInt8]
  ) {
    let step = max(1, max(width(rows), width(columns)) / count)
    return (quantized(rows, step), quantized(columns, step))
  }

  /// The width of the range of all but the outermost hundredths.
  private static func width(_ values: [Int32]) -> Int32 {
    let sorted = values.sorted()
    guard let last = sorted.indices.last else { return 0 }
    return sorted[last - last / 100] - sorted[last / 100]
  }

  /// Steps above the least; those far from the middle only as far as levels reach.
  private static func quantized(_ values: [Int32], _ step: Int32) -> [UInt8] {
    guard !values.isEmpty else { return [] }
    let middle = values.sorted()[values.count / 2]
    let half = Int32(Levels.limit / 2)
    let steps = values.map { value -> Int32 in
      let distance = value - middle
      let rounded = (distance + (distance < 0 ? -step / 2 : step / 2)) / step
      return min(max(rounded, -half), half - 1)
    }
    let least = steps.min()!
    return steps.map { UInt8($0 - least) }
  }
}
