extension Tape {
  /// y = x · Wᵀ + b: x is `[rows, in]`, W `[out, in]`, b `[1, out]`.
  package func linear(_ x: Node, _ weight: Node, bias: Node? = nil) throws -> Node {
    let (input, matrix) = (x.value, weight.value)
    let y = try self.matrix(rows: x.rows, columns: weight.rows)
    try multiply(input.plain, matrix.transposed, into: y, bias: bias?.value)
    let (dx, dw, db) = (x.slot, weight.slot, bias?.slot)
    return record(y, from: x, weight, bias) { [self] dy in
      if let db { try addColumnSums(of: dy, to: db) }
      if let dw {
        let (target, adding) = try dw.target(self)
        try multiply(dy.transposed, input.plain, into: target, adding: adding)
      }
      if let dx {
        let (target, adding) = try dx.target(self)
        try multiply(dy.plain, matrix.plain, into: target, adding: adding)
      }
    }
  }

  /// y = x · M, M as it lies: x is `[rows, inner]`, M `[inner, columns]`.
  package func product(_ x: Node, _ right: Node) throws -> Node {
    let (input, matrix) = (x.value, right.value)
    let y = try self.matrix(rows: x.rows, columns: right.columns)
    try multiply(input.plain, matrix.plain, into: y)
    let (dx, dm) = (x.slot, right.slot)
    return record(y, from: x, right) { [self] dy in
      if let dm {
        let (target, adding) = try dm.target(self)
        try multiply(input.transposed, dy.plain, into: target, adding: adding)
      }
      if let dx {
        let (target, adding) = try dx.target(self)
        try multiply(dy.plain, matrix.transposed, into: target, adding: adding)
      }
    }
  }

  /// Adds the sums of a matrix's columns to a gradient `[1, columns]`, a strip of columns at a time.
  func addColumnSums(of matrix: Matrix, to slot: GradientSlot) throws {
    let (sums, adding) = try slot.target(self)
    let strips = (0..<matrix.columns).split(by: 64)
    try forEach(strips.count) { index in
      let strip = strips[index]
      let sum = sums.start + strip.lowerBound
      if !adding { sum.update(repeating: 0, count: strip.count) }
      for row in 0..<matrix.rows {
        let term = matrix.row(row) + strip.lowerBound
        for place in 0..<strip.count { sum[place] += term[place] }
      }
    }
  }
}
