import Glibc
import Tensors

/// How many values lie in each of many narrow cells of the number line, and what they sum up to.
struct ValueCells {
  /// Of cells that are not empty, ascending.
  private var means: [Double] = []
  /// Weights and weighted sums of all cells before each, and of all.
  private var weightsBefore: [Double] = [0]
  private var sumsBefore: [Double] = [0]
  private var squaresBefore: [Double] = [0]

  var totalWeight: Double { weightsBefore.last ?? 0 }

  private static let shift: UInt32 = 12

  init(_ reader: any RowReader, weights: [Float]?) throws {
    let cells = 1 << (32 - Int(Self.shift))
    var weight = [Double](repeating: 0, count: cells)
    var sum = [Double](repeating: 0, count: cells)
    var place = 0
    try weight.withUnsafeMutableBufferPointer { weight in
      try sum.withUnsafeMutableBufferPointer { sum in
        try reader.eachBand { band, values in
          for (index, value) in values.enumerated() {
            guard value.isFinite else {
              let row = band.lowerBound + index / reader.columns
              throw Failure(WeightReason.notFinite(row: row, column: index % reader.columns))
            }
            let cell = Self.cell(of: value)
            let share = Double(weights?[place &+ index] ?? 1)
            weight[cell] += share
            sum[cell] += share * Double(value)
          }
          place += values.count
        }
      }
    }
    for cell in 0..<cells where weight[cell] > 0 {
      means.append(sum[cell] / weight[cell])
      weightsBefore.append(weightsBefore.last! + weight[cell])
      sumsBefore.append(sumsBefore.last! + sum[cell])
      squaresBefore.append(squaresBefore.last! + sum[cell] * sum[cell] / weight[cell])
    }
  }

  /// Cells in the order of the number line.
  @inline(__always)
  private static func cell(of value: Float) -> Int {
    let bits = value.bitPattern
    let ordered = bits >> 31 != 0 ? ~bits : bits | 0x8000_0000
    return Int(ordered >> shift)
  }

  /// The best entries for groups of cells; where there are fewer cells than entries, the last is repeated.
  func firstEntries(_ count: Int) -> [Double] {
    let bounds = groupBounds()
    let size = min(count, bounds.count - 1)
    let parts = LeastErrorPartition(
      weights: bounds.map { weightsBefore[$0] }, sums: bounds.map { sumsBefore[$0] },
      squares: bounds.map { squaresBefore[$0] }
    ).parts(size)
    let entries = parts.map { part in
      let (first, last) = (bounds[part.lowerBound], bounds[part.upperBound])
      return (sumsBefore[last] - sumsBefore[first]) / (weightsBefore[last] - weightsBefore[first])
    }
    return entries + repeatElement(entries.last ?? 0, count: count - entries.count)
  }

  private static let mostGroups = 4096

  /// The bounds of groups of cells that have equal shares of the cube root of the values' density: as many groups would then go
  /// to each of many entries (Panter and Dite, "Quantization distortion in pulse-count modulation", 1951).
  private func groupBounds() -> [Int] {
    guard means.count > Self.mostGroups else { return Array(0...means.count) }
    let shares = means.indices.map { index in
      let gap = means[min(index + 1, means.count - 1)] - means[max(index - 1, 0)]
      return cbrt((weightsBefore[index + 1] - weightsBefore[index]) * gap * gap)
    }
    let total = shares.reduce(0, +)
    var (bounds, passed) = ([0], 0.0)
    for (index, share) in shares.enumerated() {
      passed += share
      if passed * Double(Self.mostGroups) >= total * Double(bounds.count) {
        bounds.append(index + 1)
      }
    }
    if bounds.last != means.count { bounds.append(means.count) }
    return bounds
  }

  /// The mean of the values nearest to each entry; an entry that is nearest to none stays.
  ///
  /// - Precondition: entries ascend.
  func means(around entries: [Double]) -> [Double] {
    zip(entries, members(of: entries)).map { entry, members in
      let weight = weightsBefore[members.upperBound] - weightsBefore[members.lowerBound]
      guard weight > 0 else { return entry }
      return (sumsBefore[members.upperBound] - sumsBefore[members.lowerBound]) / weight
    }
  }

  /// The cells nearest to each entry.
  private func members(of entries: [Double]) -> [Range<Int>] {
    var first = 0
    return entries.indices.map { index in
      let isLast = index + 1 == entries.count
      let end = isLast ? means.count : cells(upTo: (entries[index] + entries[index + 1]) / 2)
      defer { first = max(first, end) }
      return first..<max(first, end)
    }
  }

  /// How many cells lie at or below a number.
  private func cells(upTo number: Double) -> Int {
    var (low, high) = (0, means.count)
    while low < high {
      let middle = (low + high) / 2
      if means[middle] <= number { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
