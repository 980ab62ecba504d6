extension Pooling {
  /// One vector of the vectors of a sequence's tokens, `[tokens][width]`: one part for each mode.
  func pooled(_ rows: UnsafeBufferPointer<Float>, width: Int) -> [Float] {
    let count = width > 0 ? rows.count / width : 0
    var vector: [Float] = []
    for mode in modes { vector += Self.pooled(mode, rows, count: count, width: width) }
    if normalizes { vector.normalize() }
    return vector
  }

  private static func pooled(
    _ mode: Mode, _ rows: UnsafeBufferPointer<Float>, count: Int, width: Int
  ) -> [Float] {
    func row(_ index: Int) -> [Float] { Array(rows[(index * width)..<((index + 1) * width)]) }
    switch mode {
    case .cls: return row(0)
    case .lastToken: return row(count - 1)
    case .max:
      var greatest = row(0)
      for index in 1..<max(1, count) {
        for column in 0..<width {
          greatest[column] = Swift.max(greatest[column], rows[index * width + column])
        }
      }
      return greatest
    case .mean, .meanSquareRoot, .weightedMean:
      var sums = [Float](repeating: 0, count: width)
      var total: Float = 0
      for index in 0..<count {
        let weight: Float = mode == .weightedMean ? Float(index + 1) : 1
        total += weight
        for column in 0..<width { sums[column] += weight * rows[index * width + column] }
      }
      let divisor = mode == .meanSquareRoot ? total.squareRoot() : total
      return sums.map { $0 / divisor }
    }
  }
}

extension [Float] {
  /// Divides a vector by its length, as PyTorch's `normalize` does: by 1e-12 at the least.
  mutating func normalize() {
    let length = reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
    let divisor = Swift.max(length, 1e-12)
    for index in indices { self[index] /= divisor }
  }
}
