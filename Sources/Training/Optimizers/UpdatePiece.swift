import Tensors

/// A part of a parameter that one thread brings a step further.
///
/// Every weight is worked on alone, so that how parameters are divided changes nothing.
struct UpdatePiece: @unchecked Sendable {
  let parameter: TrainableParameter
  let moments: Moments
  let update: any WeightUpdate
  let rows: Range<Int>
  let columns: Range<Int>
  /// As many zeros as the parameter has columns.
  let zeros: FloatBuffer

  /// The pieces of a parameter, each of about the same number of weights.
  static func all(
    of parameter: TrainableParameter, _ moments: Moments, _ update: any WeightUpdate,
    zeros: FloatBuffer
  ) -> [UpdatePiece] {
    func piece(_ rows: Range<Int>, _ columns: Range<Int>) -> UpdatePiece {
      UpdatePiece(
        parameter: parameter, moments: moments, update: update, rows: rows, columns: columns,
        zeros: zeros)
    }
    let (rows, columns) = (parameter.rows, parameter.columns)
    if rows == 1 { return parts(of: columns, by: size).map { piece(0..<1, $0) } }
    return parts(of: rows, by: max(1, size / max(1, columns))).map { piece($0, 0..<columns) }
  }

  /// In weights: small enough for what it touches to stay in the second-level cache.
  private static let size = 1 << 14

  /// Makes the step, and clears the gradient where it is dense.
  func run() {
    switch parameter.gradient {
    case .dense(let gradient):
      let start = rows.lowerBound * parameter.columns + columns.lowerBound
      let count = rows.count * columns.count
      apply(at: start, count, gradient: gradient.start + start)
      (gradient.start + start).update(repeating: 0, count: count)
    case .rows(let gradient):
      gradient.values.withUnsafeBufferPointer { run(gradient.rows, $0) }
    }
  }

  private func run(_ touched: [Int32], _ gradient: UnsafeBufferPointer<Float>) {
    let width = parameter.columns
    var next = touched.firstIndex(atLeast: Int32(rows.lowerBound))
    for row in rows {
      let hasGradient = next < touched.count && touched[next] == Int32(row)
      defer { if hasGradient { next += 1 } }
      if let idle = moments.idle, !idle.isLive[row] { continue }
      let slope =
        hasGradient ? gradient.baseAddress! + next * width : UnsafePointer(zeros.start)
      apply(at: row * width, width, gradient: slope)
    }
  }

  private func apply(at start: Int, _ count: Int, gradient: UnsafePointer<Float>) {
    let values = parameter.values.start + start
    let first = moments.buffers.first.map { $0.start + start }
    let second = moments.buffers.last.map { $0.start + start }
    update.apply(
      to: WeightRun(
        values: values, gradient: gradient, first: first ?? values, second: second ?? values,
        count: count))
    guard let mask = parameter.mask else { return }
    clear(values, where: mask.start + start, count)
    if let first { clear(first, where: mask.start + start, count) }
    if let second { clear(second, where: mask.start + start, count) }
  }
}

/// Makes those numbers zero that a mask has zeros for.
func clear(_ values: UnsafeMutablePointer<Float>, where mask: UnsafePointer<Float>, _ count: Int) {
  for index in 0..<count { values[index] = mask[index] == 0 ? 0 : values[index] }
}

extension [Int32] {
  /// The place of the first of ascending numbers that is no smaller than one.
  func firstIndex(atLeast bound: Int32) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < bound { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
