/// Layer normalization of row-major rows, and its gradient (Ba et al., "Layer Normalization", 2016).
package enum LayerNormRows {
  /// Rows z become (z − mean z) / √(variance z + epsilon), and y = gain · that + bias.
  ///
  /// - Parameters:
  ///   - z: `[rows, columns]`.
  ///   - inverses: receives 1 / √(variance + epsilon) of each row.
  package static func run(
    _ z: UnsafeMutablePointer<Float>, gain: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    epsilon: Float, rows: Int, columns: Int, into y: UnsafeMutablePointer<Float>,
    inverses: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rows {
      let (z, y) = (z + row &* columns, y + row &* columns)
      let mean = sum(z, columns) / Float(columns)
      let variance = squares(z, around: mean, columns) / Float(columns)
      let inverse = 1 / (variance + epsilon).squareRoot()
      inverses[row] = inverse
      eachVector(columns) { index, width in
        let x = (load(z + index, width) - mean) * inverse
        store(x, z + index, width)
        store(x * load(gain + index, width) + load(bias + index, width), y + index, width)
      }
    }
  }

  /// The gradient of z in the place of the gradient of y; those of gain and bias are added to.
  ///
  /// - Parameter x: the normalized rows that ``run(_:gain:bias:epsilon:rows:columns:into:inverses:)`` left.
  package static func gradient(
    _ dy: UnsafeMutablePointer<Float>, x: UnsafePointer<Float>, inverses: UnsafePointer<Float>,
    gain: UnsafePointer<Float>, rows: Int, columns: Int,
    addingGainTo dgain: UnsafeMutablePointer<Float>, biasTo dbias: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rows {
      let (dy, x) = (dy + row &* columns, x + row &* columns)
      var (total, along) = (Vector.zero, Vector.zero)
      eachVector(columns) { index, width in
        let (slope, x) = (load(dy + index, width), load(x + index, width))
        store(load(dgain + index, width) + slope * x, dgain + index, width)
        store(load(dbias + index, width) + slope, dbias + index, width)
        let scaled = slope * load(gain + index, width)
        total += scaled
        along += scaled * x
      }
      let mean = total.sum() / Float(columns)
      let share = along.sum() / Float(columns)
      let inverse = inverses[row]
      eachVector(columns) { index, width in
        let scaled = load(dy + index, width) * load(gain + index, width)
        store((scaled - mean - load(x + index, width) * share) * inverse, dy + index, width)
      }
    }
  }

  private static func sum(_ x: UnsafePointer<Float>, _ count: Int) -> Float {
    var total = Vector.zero
    eachVector(count) { index, width in total += load(x + index, width) }
    return total.sum()
  }

  private static func squares(
    _ x: UnsafePointer<Float>, around mean: Float, _ count: Int
  ) -> Float {
    var total = Vector.zero
    eachVector(count) { index, width in
      // Lanes that are not there must not count.
      let difference = load(x + index, width, elsewhere: mean) - mean
      total += difference * difference
    }
    return total.sum()
  }
}

private typealias Vector = SIMD16<Float>

@inline(__always)
private func eachVector(_ count: Int, _ body: (_ index: Int, _ width: Int) -> Void) {
  var index = 0
  while index &+ Vector.scalarCount <= count {
    body(index, Vector.scalarCount)
    index &+= Vector.scalarCount
  }
  if index < count { body(index, count &- index) }
}

@inline(__always)
private func load(
  _ x: UnsafePointer<Float>, _ width: Int, elsewhere: Float = 0
) -> Vector {
  if width == Vector.scalarCount {
    return UnsafeRawPointer(x).loadUnaligned(as: Vector.self)
  }
  var result = Vector(repeating: elsewhere)
  for lane in 0..<width { result[lane] = x[lane] }
  return result
}

@inline(__always)
private func store(_ value: Vector, _ x: UnsafeMutablePointer<Float>, _ width: Int) {
  if width == Vector.scalarCount {
    UnsafeMutableRawPointer(x).storeBytes(of: value, as: Vector.self)
  } else {
    for lane in 0..<width { x[lane] = value[lane] }
  }
}
