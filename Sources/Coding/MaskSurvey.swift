import Glibc

/// How many elements of each row and of each column a mask keeps, and the levels that follow.
struct DensitySurvey {
  private let rowLength: Int
  private var rows: [Int32] = []
  private var columns: [Int]

  init(rowLength: Int) {
    self.rowLength = rowLength
    columns = [Int](repeating: 0, count: rowLength)
  }

  /// Takes note of the rows of a chunk.
  mutating func add(_ mask: UnsafeBufferPointer<UInt8>) {
    columns.withUnsafeMutableBufferPointer { columns in
      for start in stride(from: 0, to: mask.count, by: rowLength) {
        let length = min(rowLength, mask.count - start)
        var kept = 0
        for column in 0..<length {
          kept &+= Int(mask[start &+ column])
          columns[column] &+= Int(mask[start &+ column])
        }
        rows.append(Self.odds(kept, of: length))
      }
    }
  }

  func levels() -> (rows: [UInt8], columns: [UInt8]) {
    LevelSteps.levels(
      rows: rows, columns: columns.map { Self.odds($0, of: rows.count) }, count: 14)
  }

  /// The logarithm of kept to dropped, in units of 2⁻¹⁰ of a bit.
  private static func odds(_ kept: Int, of count: Int) -> Int32 {
    Int32((log2((Double(kept) + 0.5) / (Double(count - kept) + 0.5)) * 1024).rounded())
  }
}

/// How dense a mask is under each sum of levels, how often each pattern of 8 occurs, and the model that
/// follows: whichever takes the fewest bits, its own included.
struct MaskSurvey {
  private let levels: (rows: [UInt8], columns: [UInt8])
  private let rowLength: Int
  private let hasColumns: Bool
  /// Of dropped and of kept elements under each row level and each column level.
  private var counts = [Int](repeating: 0, count: 2 * Levels.limit * Levels.limit)
  private var patterns = [Int](repeating: 0, count: FrequencyTable.symbols)
  private var row = 0

  init(_ levels: (rows: [UInt8], columns: [UInt8]), hasColumns: Bool, rowLength: Int) {
    self.levels = levels
    self.rowLength = rowLength
    self.hasColumns = hasColumns
  }

  /// Takes note of the next chunk.
  mutating func add(_ mask: UnsafeBufferPointer<UInt8>) {
    for start in stride(from: 0, to: mask.count, by: 8) { patterns[Int(pattern(mask, start))] += 1 }
    levels.columns.withUnsafeBufferPointer { columns in
      counts.withUnsafeMutableBufferPointer { counts in
        for start in stride(from: 0, to: mask.count, by: rowLength) {
          let base = Int(levels.rows[row]) * Levels.limit
          row += 1
          for column in 0..<min(rowLength, mask.count - start) {
            let level = hasColumns ? Int(columns[column]) : 0
            counts[(base &+ level) &* 2 &+ Int(mask[start &+ column])] &+= 1
          }
        }
      }
    }
  }

  /// The model, and the levels of rows under it.
  func model() -> (MaskModel, rows: [UInt8]) {
    var best = (MaskModel.patterns(FrequencyTable(counts: patterns)), rows: [UInt8]())
    var fewest = ShannonBound.bits(counts: patterns) + Double(patterns.count { $0 > 0 }) * 6
    for use in uses {
      let rows = use.rows.map { levels.rows.coarser($0) } ?? []
      let columns = use.columns.map { levels.columns.coarser($0) } ?? []
      let (ones, totals) = sums(use)
      let bits =
        zip(ones, totals).reduce(0) { $0 + ShannonBound.bits(counts: [$1.0, $1.1 - $1.0]) + 8 }
        + ContextSurvey.bits(of: rows) + ContextSurvey.bits(of: columns)
      guard bits < fewest else { continue }
      fewest = bits
      let used = Levels(columns: columns, rows: rows.isEmpty ? nil : Levels.frequencies(of: rows))
      best = (.densities(used, zip(ones, totals).map { Probability.byte(ones: $0, of: $1) }), rows)
    }
    return best
  }

  /// Which levels are used, and how many of their lowest bits are not.
  private typealias Use = (rows: Int?, columns: Int?)

  private var uses: [Use] {
    let coarsest = 2
    var uses: [Use] = [(nil, nil)]
    for bits in 0...coarsest {
      uses.append((bits, nil))
      if hasColumns { uses += [(nil, bits), (bits, bits)] }
    }
    return uses
  }

  /// The kept and all elements under each sum of levels, up to the last that occurs.
  private func sums(_ use: Use) -> (ones: [Int], totals: [Int]) {
    var ones = [Int](repeating: 0, count: Levels.sums)
    var totals = ones
    for row in 0..<Levels.limit {
      for column in 0..<Levels.limit {
        let place = (row * Levels.limit + column) * 2
        let sum = (use.rows.map { row >> $0 } ?? 0) + (use.columns.map { column >> $0 } ?? 0)
        ones[sum] += counts[place + 1]
        totals[sum] += counts[place] + counts[place + 1]
      }
    }
    let count = max(1, (totals.lastIndex { $0 > 0 } ?? 0) + 1)
    return (Array(ones[..<count]), Array(totals[..<count]))
  }
}

extension [UInt8] {
  /// Levels without some of their lowest bits.
  fileprivate func coarser(_ bits: Int) -> [UInt8] { map { $0 >> UInt8(bits) } }
}

/// The 8 elements from some place on as bits, the first the lowest; those beyond the end are 0.
@inline(__always)
func pattern(_ mask: UnsafeBufferPointer<UInt8>, _ start: Int) -> UInt8 {
  var bits: UInt8 = 0
  for place in 0..<min(8, mask.count &- start) { bits |= mask[start &+ place] << UInt8(place) }
  return bits
}
