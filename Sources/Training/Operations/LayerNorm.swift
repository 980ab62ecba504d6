import Kernels

extension Tape {
  /// y = gain · (z − mean z) / √(variance z + epsilon) + bias, with z = x, or z = residual + dropout(x).
  ///
  /// - Parameter probability: of a number of x being dropped.
  package func layerNorm(
    _ x: Node, adding residual: Node? = nil, gain: Node, bias: Node, epsilon: Float,
    probability: Float = 0
  ) throws -> Node {
    let dropout = probability > 0 ? Dropout(probability: probability, key: nextKey()) : nil
    let branch = NormBranch(x: x.value, residual: residual?.value, dropout: dropout)
    let (rows, columns) = (x.rows, x.columns)
    let z = try matrix(rows: rows, columns: columns)
    let y = try matrix(rows: rows, columns: columns)
    let inverses = try matrix(rows: rows, columns: 1)
    let pieces = rowPieces(rows, width: columns)
    let (gains, biases) = (gain.value, bias.value)
    try forEach(pieces.count) { index in
      let piece = pieces[index]
      branch.write(piece, into: z)
      LayerNormRows.run(
        z.row(piece.lowerBound), gain: gains.start, bias: biases.start, epsilon: epsilon,
        rows: piece.count, columns: columns, into: y.row(piece.lowerBound),
        inverses: inverses.start + piece.lowerBound)
    }
    let slots = (x: x.slot, residual: residual?.slot, gain: gain.slot, bias: bias.slot)
    return record(y, from: x, residual, gain, bias) { [self] dy in
      try own(&dy)
      let target = dy
      let partial = try matrix(rows: pieces.count, columns: 2 * columns)
      try forEach(pieces.count) { index in
        let piece = pieces[index]
        partial.row(index).update(repeating: 0, count: 2 * columns)
        LayerNormRows.gradient(
          target.row(piece.lowerBound), x: z.row(piece.lowerBound),
          inverses: inverses.start + piece.lowerBound, gain: gains.start, rows: piece.count,
          columns: columns, addingGainTo: partial.row(index),
          biasTo: partial.row(index) + columns)
      }
      if let slot = slots.gain { try addParts(of: partial, from: 0, to: slot) }
      if let slot = slots.bias { try addParts(of: partial, from: columns, to: slot) }
      try slots.residual?.receive(dy, self)
      guard let slot = slots.x else { return }
      guard let dropout else { return try slot.receive(dy, self) }
      let (source, dx) = (dy, try matrix(rows: rows, columns: columns))
      try run(dropout, on: source, into: dx)
      try slot.receive(dx, self)
    }
  }

  /// Adds the rows of some columns of partial sums to a gradient, in their order.
  private func addParts(of partial: Matrix, from column: Int, to slot: GradientSlot) throws {
    let (sum, adding) = try slot.target(self)
    if !adding { try clear(sum) }
    for row in 0..<partial.rows {
      let part = partial.row(row) + column
      for index in 0..<sum.count { sum.start[index] += part[index] }
    }
  }
}

/// What is normalized.
private struct NormBranch: Sendable {
  let x: Matrix
  let residual: Matrix?
  let dropout: Dropout?

  /// Writes some rows of residual + dropout(x).
  func write(_ rows: Range<Int>, into z: Matrix) {
    let (first, count) = (rows.lowerBound * x.columns, rows.count * x.columns)
    let (source, target) = (x.start + first, z.start + first)
    switch (residual, dropout) {
    case (nil, nil): target.update(from: source, count: count)
    case (nil, let dropout?): dropout.run(source, into: target, count: count, from: first)
    case (let residual?, nil):
      let other = residual.start + first
      for index in 0..<count { target[index] = source[index] + other[index] }
    case (let residual?, let dropout?):
      dropout.run(
        source, adding: residual.start + first, into: target, count: count, from: first)
    }
  }
}
