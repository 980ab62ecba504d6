extension Tape {
  /// Σ w · x over all numbers of a matrix.
  func weightedSum(_ x: Node, _ weights: Matrix) throws -> Node {
    precondition(x.rows == weights.rows && x.columns == weights.columns)
    let result = try matrix(rows: 1, columns: 1)
    let sum = (0..<x.value.count).reduce(0.0) {
      $0 + Double(x.value.start[$1]) * Double(weights.start[$1])
    }
    result.start.pointee = Float(sum)
    let slot = x.slot
    return record(result, from: x) { [self] gradient in
      let dx = try copy(weights)
      let scale = gradient.start.pointee
      if scale != 1 { for index in 0..<dx.count { dx.start[index] *= scale } }
      try slot?.receive(dx, self)
    }
  }
}
