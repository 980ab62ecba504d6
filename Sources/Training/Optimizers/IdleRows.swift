import Tensors

/// The rows of a table that never had a gradient, and the weight decay that they still have to get.
///
/// Without moments, all that a step does to them is one multiplication. The factors are kept, and applied one after the other when a
/// row is first looked up: the same bits as if each had been applied at its step, for the cost of the rows that are used.
final class IdleRows {
  /// Whether a row has had a gradient, by row.
  private(set) var isLive: [Bool]
  /// The steps' factors since all rows were last brought up to date.
  private(set) var pending: [Float] = []
  /// How many of them a row has got.
  private var applied: [Int32]

  init(rows: Int) {
    isLive = [Bool](repeating: false, count: rows)
    applied = [Int32](repeating: 0, count: rows)
  }

  init(isLive: [Bool]) {
    self.isLive = isLive
    applied = [Int32](repeating: 0, count: isLive.count)
  }

  /// Puts a step's factor on record.
  func decay(by factor: Float) { if factor != 1 { pending.append(factor) } }

  /// Brings a row up to date.
  func settle(_ row: Int, of parameter: TrainableParameter) {
    guard !isLive[row], Int(applied[row]) < pending.count else { return }
    multiply(row, of: parameter)
    applied[row] = Int32(pending.count)
  }

  /// Brings a row up to date and takes it from the idle ones.
  func enliven(_ row: Int, of parameter: TrainableParameter) {
    settle(row, of: parameter)
    isLive[row] = true
  }

  /// Brings all rows up to date.
  func settleAll(of parameter: TrainableParameter, threads: Int) throws {
    guard !pending.isEmpty else { return }
    let work = IdleWork(idle: self, parameter: parameter)
    let rows = parts(of: isLive.count, by: max(1, (1 << 14) / max(1, parameter.columns)))
    try Workers.forEach(rows, threads: threads) { rows in
      for row in rows where !work.idle.isLive[row] { work.idle.multiply(row, of: work.parameter) }
    }
    pending.removeAll()
    for row in applied.indices { applied[row] = 0 }
  }

  private func multiply(_ row: Int, of parameter: TrainableParameter) {
    let columns = parameter.columns
    let start = parameter.values.start + row * columns
    pending[Int(applied[row])...].withUnsafeBufferPointer { factors in
      var column = 0
      while column + 16 <= columns {
        let place = UnsafeMutableRawPointer(start + column)
        var values = place.loadUnaligned(as: SIMD16<Float>.self)
        for factor in factors { values *= factor }
        place.storeBytes(of: values, as: SIMD16<Float>.self)
        column += 16
      }
      while column < columns {
        for factor in factors { start[column] *= factor }
        column += 1
      }
    }
  }
}

/// Rows that threads bring up to date, each row in one thread.
private struct IdleWork: @unchecked Sendable {
  let idle: IdleRows
  let parameter: TrainableParameter
}

/// Consecutive ranges of a size, the last of which may be shorter.
func parts(of count: Int, by size: Int) -> [Range<Int>] {
  stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
}
