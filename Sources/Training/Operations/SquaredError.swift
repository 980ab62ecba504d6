import Glibc

extension Tape {
  /// The mean of (x − target)² over all numbers: of logits, hidden states, attention, or a score to be predicted.
  package func squaredError(_ x: Node, from target: Matrix) throws -> Node {
    precondition(target.count == x.value.count)
    let difference = try copy(x.value)
    try add(target, times: -1, to: difference)
    let result = try matrix(rows: 1, columns: 1)
    result.start.pointee = Float(
      try sumOfSquares(difference) / Double(Swift.max(1, difference.count)))
    let slot = x.slot
    let (rows, columns) = (x.rows, x.columns)
    return record(result, from: x) { [self] gradient in
      let factor = 2 * gradient.start.pointee / Float(Swift.max(1, difference.count))
      let dx = try matrix(rows: rows, columns: columns)
      let pieces = pieces(of: difference.count)
      try forEach(pieces.count) { piece in
        for index in pieces[piece] { dx.start[index] = factor * difference.start[index] }
      }
      try slot?.receive(dx, self)
    }
  }

  /// Piece by piece, and the pieces in their order.
  private func sumOfSquares(_ x: Matrix) throws -> Double {
    let pieces = pieces(of: x.count)
    let sums = try matrix(rows: 1, columns: 2 * pieces.count)
    let parts = sums.start.withMemoryRebound(to: Double.self, capacity: pieces.count) {
      PartialSums(start: $0)
    }
    try forEach(pieces.count) { piece in
      var sum = 0.0
      for index in pieces[piece] { sum += Double(x.start[index]) * Double(x.start[index]) }
      parts.start[piece] = sum
    }
    return withExtendedLifetime(sums) { (0..<pieces.count).reduce(0) { $0 + parts.start[$1] } }
  }

  /// log(p / (1 − p)) of a teacher's probabilities, which are held away from 0 and 1 by 1e-7: what a student's logits can be held
  /// against where nothing else is known of the teacher.
  package func logits(ofProbabilities p: Matrix) throws -> Matrix {
    let result = try matrix(rows: p.rows, columns: p.columns)
    for index in 0..<p.count {
      let held = Swift.min(Swift.max(Double(p.start[index]), 1e-7), 1 - 1e-7)
      result.start[index] = Float(log(held / (1 - held)))
    }
    return result
  }
}

private struct PartialSums: @unchecked Sendable {
  let start: UnsafeMutablePointer<Double>
}
