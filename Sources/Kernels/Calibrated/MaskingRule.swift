/// Sets those weights to zero that cost least: w² / U_jj², of blocks of rows the sum.
package final class MaskingRule: ColumnRule {
  package enum Choice: Sendable, Equatable {
    /// A share of all weights, the least of each block of columns (SparseGPT).
    case share(Double)
    /// Of each group of consecutive columns in a row so many stay.
    case ratio(kept: Int, group: Int)
    /// Those that are masked already, row-major, 0 for each of them.
    case given([UInt8])
  }

  private let choice: Choice
  /// Rows that are masked together.
  private let height: Int
  private var (rows, columns) = (0, 0)
  /// For each column and row of blocks whether it is kept: `[columns, rows / height]`.
  private var kept: [UInt8] = []
  private var maskedCount = 0
  private var diagonal: [Float] = []
  private var block = 0..<0

  /// - Precondition: the height divides the rows of the matrix, and a ratio's group its columns.
  package init(_ choice: Choice, height: Int = 1) {
    (self.choice, self.height) = (choice, height)
  }

  private var down: Int { rows / height }

  package func begin(_ values: UnsafePointer<Float>, rows: Int, columns: Int) {
    (self.rows, self.columns) = (rows, columns)
    kept = [UInt8](repeating: 1, count: columns * down)
    maskedCount = 0
    guard case .given(let mask) = choice else { return }
    for column in 0..<columns {
      for place in 0..<down { kept[column * down + place] = mask[place * columns + column] }
    }
  }

  package func begin(
    block: Range<Int>, _ values: UnsafePointer<Float>, _ diagonal: [Float]
  ) {
    (self.block, self.diagonal) = (block, diagonal)
    source = values
    guard case .share(let share) = choice else { return }
    let total = Int((share * Double(block.upperBound * down)).rounded(.toNearestOrEven))
    let scores = block.flatMap { costs(of: $0, values) }
    let count = min(max(0, total - maskedCount), scores.count)
    maskedCount += count
    guard count > 0 else { return }
    let cut = MagnitudeCut(smallest: count, of: scores)
    for (index, score) in scores.enumerated()
    where cut.takes(MagnitudeCut.key(score.bitPattern), at: index) {
      kept[block.lowerBound * down + index] = 0
    }
  }

  private var source: UnsafePointer<Float>?

  package func settle(_ column: Int, _ values: UnsafeMutablePointer<Float>) {
    if case .ratio(let number, let group) = choice, column % group == 0, let source {
      choose(number, of: column..<(column + group), source)
    }
    for place in 0..<down where kept[column * down + place] == 0 {
      for row in (place * height)..<((place + 1) * height) { values[row] = 0 }
    }
  }

  /// What it costs to mask each block of rows of a column.
  private func costs(of column: Int, _ values: UnsafePointer<Float>) -> [Float] {
    let own = values + column * rows
    let scale = 1 / (diagonal[column - block.lowerBound] * diagonal[column - block.lowerBound])
    return (0..<down).map { place in
      var sum: Float = 0
      for row in (place * height)..<((place + 1) * height) { sum += own[row] * own[row] }
      return sum * scale
    }
  }

  /// Masks all but the so many of a group of columns that cost most; of equal ones the earlier go.
  private func choose(_ number: Int, of group: Range<Int>, _ values: UnsafePointer<Float>) {
    let costs = group.map { self.costs(of: $0, values) }
    for index in costs.indices {
      let own = costs[index]
      // How many of each place's group cost less.
      var ranks = [Int32](repeating: 0, count: down)
      for (other, others) in costs.enumerated() where other != index {
        for place in 0..<down {
          let goesFirst = other < index ? others[place] <= own[place] : others[place] < own[place]
          ranks[place] &+= goesFirst ? 1 : 0
        }
      }
      let start = (group.lowerBound + index) * down
      for place in 0..<down where ranks[place] < group.count - number { kept[start + place] = 0 }
    }
  }

  /// For each block whether it is kept, row-major: `[rows / height, columns]`.
  package var mask: [UInt8] {
    var mask = [UInt8](repeating: 0, count: kept.count)
    for column in 0..<columns {
      for place in 0..<down { mask[place * columns + column] = kept[column * down + place] }
    }
    return mask
  }
}
