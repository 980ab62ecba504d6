import Glibc

/// How often each symbol stands under each sum of levels, and the model that follows: with the levels of
/// rows and columns, of columns alone, or with none, whichever takes the fewest bits, its own included.
struct ContextSurvey {
  private let rows: [UInt8]
  private let columns: [UInt8]
  private let rowLength: Int
  private var underBoth: [Int]
  private var underColumns: [Int]
  private var row = 0

  /// - Parameter columns: their levels; empty where columns are nothing to go by.
  init(rows: [UInt8], columns: [UInt8], rowLength: Int) {
    self.rows = rows
    self.columns = columns
    self.rowLength = rowLength
    underBoth = [Int](repeating: 0, count: Levels.sums * FrequencyTable.symbols)
    underColumns = [Int](repeating: 0, count: Levels.limit * FrequencyTable.symbols)
  }

  /// Takes note of the symbols of the next chunk.
  mutating func add(_ symbols: UnsafeBufferPointer<UInt8>) {
    let levels = columns.isEmpty ? [UInt8](repeating: 0, count: rowLength) : columns
    levels.withUnsafeBufferPointer { levels in
      underBoth.withUnsafeMutableBufferPointer { both in
        underColumns.withUnsafeMutableBufferPointer { alone in
          for start in stride(from: 0, to: symbols.count, by: rowLength) {
            let shift = Int(rows[row]) * FrequencyTable.symbols
            row += 1
            for column in 0..<min(rowLength, symbols.count - start) {
              let place =
                Int(levels[column]) &* FrequencyTable.symbols &+ Int(symbols[start &+ column])
              alone[place] &+= 1
              both[shift &+ place] &+= 1
            }
          }
        }
      }
    }
  }

  func model() -> ContextModel {
    var best = LevelMerge(underColumns, mostTables: 1)
    var levels = Levels()
    if !columns.isEmpty {
      let merge = LevelMerge(underColumns, mostTables: ContextModel.mostTables)
      let bits = merge.bits + Self.bits(of: columns)
      if bits < best.bits {
        (best, best.bits) = (merge, bits)
        levels.columns = columns
      }
    }
    let merge = LevelMerge(underBoth, mostTables: ContextModel.mostTables)
    let bits = merge.bits + Self.bits(of: columns) + Self.bits(of: rows)
    if bits < best.bits {
      best = merge
      levels.columns = columns.contains { $0 > 0 } ? columns : []
      levels.rows = Levels.frequencies(of: rows)
    }
    var model = ContextModel(best.tables)
    model.levels = levels
    model.tableOfSum = best.tableOfSum
    return model
  }

  /// The bits that levels take, with what begins a coder.
  static func bits(of levels: [UInt8]) -> Double {
    var counts = [Int](repeating: 0, count: Levels.limit)
    for level in levels { counts[Int(level)] += 1 }
    return levels.isEmpty ? 0 : ShannonBound.bits(counts: counts) + 80
  }
}

/// The division of sums of levels into neighbours that share a table, such that all bits are fewest.
///
/// Bits are those of the symbols under the tables, and of the tables. Found by dynamic programming.
struct LevelMerge {
  var bits: Double
  let tableOfSum: [UInt8]
  let tables: [FrequencyTable]

  /// - Parameter counts: of symbols under each sum, one after another.
  init(_ counts: [Int], mostTables: Int) {
    let symbols = FrequencyTable.symbols
    let sums = (0..<(counts.count / symbols)).map { sum in
      counts[(sum * symbols)..<((sum + 1) * symbols)]
    }
    let used = sums.indices.filter { index in sums[index].contains { $0 > 0 } }
    let parts = Self.parts(used.map { sums[$0] }, mostTables: mostTables)
    bits = parts.bits
    var tableOfSum = [UInt8](repeating: 0, count: Levels.sums)
    var tables: [FrequencyTable] = []
    for range in parts.ranges {
      tables.append(FrequencyTable(counts: Self.total(of: range.map { sums[used[$0]] })))
      let start = used[range.lowerBound]
      for sum in start..<Levels.sums { tableOfSum[sum] = UInt8(tables.count - 1) }
    }
    if tables.isEmpty { tables = [FrequencyTable(counts: [])] }
    self.tableOfSum = tableOfSum
    self.tables = tables
  }

  private static func total(of sums: [ArraySlice<Int>]) -> [Int] {
    var total = [Int](repeating: 0, count: FrequencyTable.symbols)
    for sum in sums { for (symbol, count) in zip(total.indices, sum) { total[symbol] += count } }
    return total
  }

  private static func parts(
    _ sums: [ArraySlice<Int>], mostTables: Int
  ) -> (bits: Double, ranges: [Range<Int>]) {
    guard mostTables > 1 else {
      return (cost(total(of: sums)), sums.isEmpty ? [] : [sums.indices])
    }
    // The fewest bits of the sums before each, and where the last part then begins.
    var best: [(bits: Double, start: Int, parts: Int)] = [(0, 0, 0)]
    for end in sums.indices.map({ $0 + 1 }) {
      var counts = [Int](repeating: 0, count: FrequencyTable.symbols)
      var choice = (bits: Double.infinity, start: 0, parts: 0)
      for start in (0..<end).reversed() {
        for (symbol, count) in zip(counts.indices, sums[start]) { counts[symbol] += count }
        let bits = best[start].bits + cost(counts)
        if bits < choice.bits, best[start].parts < mostTables {
          choice = (bits, start, best[start].parts + 1)
        }
      }
      best.append(choice)
    }
    var ranges: [Range<Int>] = []
    var end = sums.count
    while end > 0 {
      ranges.insert(best[end].start..<end, at: 0)
      end = best[end].start
    }
    return (best[sums.count].bits, ranges)
  }

  /// The bits of symbols that occur so often, and about those of their table.
  private static func cost(_ counts: [Int]) -> Double {
    guard let first = counts.firstIndex(where: { $0 > 0 }) else { return 0 }
    let last = counts.lastIndex { $0 > 0 }!
    let total = Double(counts.reduce(0, +))
    var bits = ShannonBound.bits(counts: counts) + 24
    for count in counts[first...last] {
      // Each is as wide as its share of 4096, and takes a bit or two to say how wide.
      bits += 1.5 + max(0, (log2((Double(count) + 0.5) / total) + 12).rounded(.down))
    }
    return bits
  }
}
