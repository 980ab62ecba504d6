import Glibc
import Tensors

/// The few numbers that stand for many with the least squared error: k-means in one dimension (Lloyd, "Least squares
/// quantization in PCM", 1982).
///
/// Values are counted in cells, an eleventh bit of the significand wide, and a cell goes to one entry as a whole; entries are
/// means of the values themselves. They begin where the cube root of the values' density puts them, which is the best for
/// many entries (Panter and Dite, "Quantization distortion in pulse-count modulation", 1951), and move until none does.
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
      var moved = cells.means(around: entries)
      if moved == entries {
        guard let refilled = cells.refilling(entries) else { break }
        moved = refilled
      }
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

  /// Entries as dense as the cube root of the values' density.
  func firstEntries(_ count: Int) -> [Double] {
    guard let least = means.first, let greatest = means.last, least < greatest else {
      return [Double](repeating: means.first ?? 0, count: count)
    }
    let bins = 4096
    var density = [Double](repeating: 0, count: bins)
    for (index, mean) in means.enumerated() {
      let bin = min(bins - 1, Int((mean - least) / (greatest - least) * Double(bins)))
      density[bin] += weightsBefore[index + 1] - weightsBefore[index]
    }
    let roots = density.map { cbrt($0) }
    let total = roots.reduce(0, +)
    var (entries, passed, bin): ([Double], Double, Int) = ([], 0, 0)
    for index in 0..<count {
      let wanted = total * (Double(index) + 0.5) / Double(count)
      while bin < bins - 1, passed + roots[bin] < wanted {
        passed += roots[bin]
        bin += 1
      }
      let within = roots[bin] > 0 ? (wanted - passed) / roots[bin] : 0.5
      entries.append(least + (Double(bin) + within) * (greatest - least) / Double(bins))
    }
    return entries
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

  /// Entries with one that is nearest to no value put where it takes some from the entry with the greatest error; nil if there
  /// is no such entry, or no error.
  func refilling(_ entries: [Double]) -> [Double]? {
    let members = members(of: entries)
    guard let unused = members.firstIndex(where: \.isEmpty) else { return nil }
    let errors = members.map(error(of:))
    let worst = errors.indices.max { errors[$0] < errors[$1] }!
    // Rounding leaves an error where there is one cell alone.
    guard errors[worst] > 0, members[worst].count > 1 else { return nil }
    let weight = weightsBefore[members[worst].upperBound] - weightsBefore[members[worst].lowerBound]
    let deviation = (errors[worst] / weight).squareRoot()
    var result = entries
    result[worst] = entries[worst] - deviation
    result[unused] = entries[worst] + deviation
    return result.sorted()
  }

  /// The sum of the squares of the distances from the mean, of cells as a whole.
  private func error(of members: Range<Int>) -> Double {
    guard members.count > 1 else { return 0 }
    let weight = weightsBefore[members.upperBound] - weightsBefore[members.lowerBound]
    let sum = sumsBefore[members.upperBound] - sumsBefore[members.lowerBound]
    let squares = squaresBefore[members.upperBound] - squaresBefore[members.lowerBound]
    return max(0, squares - sum * sum / weight)
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
