/// What a parameter's numbers are rounded to while it is trained, so that training sees what quantization will do (Jacob et al., 2018).
///
/// The arithmetic is that of the pass `quantize`, symmetric: x ≈ scale · code, code from −2^(bits − 1) to 2^(bits − 1) − 1, and scale =
/// largest magnitude ÷ ((2^bits − 1) ÷ 2), of the matrix or of each row. The scales follow the values until they are frozen.
package final class FakeQuantizer {
  package let bits: Int
  package let granularity: Granularity
  /// Whether the scales stay as they are; numbers beyond them are clipped and get no gradient.
  package var isFrozen = false
  /// One of the matrix, or one for each row; 0 until values were seen.
  package private(set) var scales: [Float] = []

  /// Which numbers have a scale in common.
  package enum Granularity: Sendable { case tensor, row }

  /// - Precondition: 2 to 16 bits.
  package init(bits: Int, granularity: Granularity) {
    precondition((2...16).contains(bits))
    self.bits = bits
    self.granularity = granularity
  }

  /// With scales that are known, and stay.
  package convenience init(bits: Int, granularity: Granularity, frozenAt scales: [Float]) {
    self.init(bits: bits, granularity: granularity)
    self.scales = scales
    isFrozen = true
  }

  var codes: ClosedRange<Float> { -Float(1 << (bits - 1))...Float((1 << (bits - 1)) - 1) }

  /// Lets the scales stay as those of a parameter's values are now; of rows that were looked up, as they were seen last.
  func settle(on parameter: TrainableParameter) {
    let matrix = Matrix(rows: parameter.rows, columns: parameter.columns, over: parameter.values)
    _ = observe(matrix)
    isFrozen = true
  }

  /// The scale of each of some rows of a matrix, after a look at the values unless they are frozen.
  ///
  /// - Parameter rows: those that matter; nil for all.
  func observe(_ matrix: Matrix, rows: [Int32]? = nil) -> [Float] {
    let count = granularity == .row ? matrix.rows : 1
    if scales.count != count {
      scales = [Float](repeating: 0, count: count)
      isFrozen = false
    }
    let wanted = rows ?? (0..<matrix.rows).map { Int32($0) }
    switch granularity {
    case .row:
      if !isFrozen {
        for row in wanted { scales[Int(row)] = scale(matrix, Int(row)..<Int(row) + 1) }
      }
      return wanted.map { scales[Int($0)] }
    case .tensor:
      if !isFrozen { scales[0] = scale(matrix, 0..<matrix.rows) }
      return [Float](repeating: scales[0], count: wanted.count)
    }
  }

  private func scale(_ matrix: Matrix, _ rows: Range<Int>) -> Float {
    let values = UnsafeBufferPointer(
      start: matrix.row(rows.lowerBound), count: rows.count * matrix.columns)
    let span = codes.upperBound - codes.lowerBound
    return values.reduce(0) { max($0, abs($1)) } / (span / 2)
  }
}

extension Tape {
  /// Lets a parameter be seen through a quantizer from now on; nil ends that.
  package func quantize(_ parameter: TrainableParameter, by quantizer: FakeQuantizer?) {
    quantizers[ObjectIdentifier(parameter)] = quantizer
  }

  /// y = scale · clip(round(x / scale)), row by row. The gradient passes as if there was no rounding, and not at all where numbers lie
  /// more than half a step beyond the codes (the straight-through estimator; Bengio et al., 2013).
  ///
  /// - Parameters:
  ///   - scales: one for each row.
  ///   - codes: whole numbers, the least and the greatest that there is.
  package func fakeQuantize(
    _ x: Node, scales: [Float], codes: ClosedRange<Float>
  ) throws -> Node {
    precondition(scales.count == x.rows)
    let (input, columns) = (x.value, x.columns)
    let y = try matrix(rows: x.rows, columns: columns)
    let pieces = rowPieces(x.rows, width: columns)
    try forEach(pieces.count) { index in
      for row in pieces[index] {
        let (from, to, scale) = (input.row(row), y.row(row), scales[row])
        for column in 0..<columns {
          let code = scale > 0 ? (from[column] / scale).rounded(.toNearestOrEven) : 0
          to[column] = scale * min(max(code, codes.lowerBound), codes.upperBound)
        }
      }
    }
    let slot = x.slot
    return record(y, from: x) { [self] dy in
      try own(&dy)
      let target = dy
      try forEach(pieces.count) { index in
        for row in pieces[index] {
          let (from, to, scale) = (input.row(row), target.row(row), scales[row])
          let reach = scale * (codes.lowerBound - 0.501)...scale * (codes.upperBound + 0.501)
          for column in 0..<columns where !reach.contains(from[column]) { to[column] = 0 }
        }
      }
      try slot?.receive(dy, self)
    }
  }
}
