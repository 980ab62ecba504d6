import Tensors

/// Rounds each row to multiples of a step that is proportional to the root mean square of the row's values.
///
/// x ≈ step[row] · code, code = x ÷ step rounded to nearest even and bounded by nothing but its type. At a given entropy of the codes
/// equal steps without bounds have nearly the least mean squared error that any scalar quantizer has (Gish and Pierce,
/// "Asymptotically efficient quantizing", 1968).
package struct StepQuantizer: Sendable {
  private let factor: Double
  /// What the step of each row is multiplied by; nil for 1.
  private let multipliers: [Float]?
  private let deadZone: Float
  private let rounding: ScaleRounding
  /// The type of all codes.
  package let type: ElementType

  /// - Parameters:
  ///   - factor: steps in root mean squares of rows.
  ///   - width: values in a row at most. The square of one is no more than the sum of all, so that codes are at most
  ///     √width ÷ factor, but for the rounding of steps.
  ///   - multipliers: positive, one for each row.
  ///   - deadZone: by how much of a step numbers have to be beyond the middle between two codes to get the one further from zero; below ½. Codes
  ///     nearer to zero are more frequent and take fewer bits (Sullivan, "Efficient scalar quantization of exponential and Laplacian random
  ///     variables", 1996).
  package init(
    factor: Double, width: Int, multipliers: [Float]? = nil, deadZone: Double = 0,
    scales: ScaleRounding
  ) {
    self.deadZone = Float(deadZone)
    self.factor = factor
    self.multipliers = multipliers
    rounding = scales
    let least = factor * Double(multipliers?.min() ?? 1)
    let most = min(65536, Double(width).squareRoot() / least * (1 + Double(scales.epsilon)))
    let greatest = Int(most) + 1
    type = Codes.type(for: -greatest...greatest) ?? .i16
  }

  /// Row-major codes and the steps of the rows.
  ///
  /// - Parameter counts: how many values each row has where the others are zeros that stand for none; nil for all.
  /// - Throws: ``Failure`` if a row cannot be read, or an element is NaN or infinite.
  package func quantize(_ reader: any RowReader, counts: [Int]? = nil) throws -> (
    codes: [UInt8], steps: [UInt8]
  ) {
    let (columns, width) = (reader.columns, type.byteWidth!)
    var steps: [Float] = []
    steps.reserveCapacity(reader.rows)
    let size = reader.rows * columns * width
    let codes = try [UInt8](unsafeUninitializedCapacity: size) { target, initialized in
      try reader.eachBand { band, values in
        for (index, row) in band.enumerated() {
          let own = UnsafeBufferPointer(
            rebasing: values[(index * columns)..<((index + 1) * columns)])
          let step = try step(of: own, row, count: counts?[row] ?? columns)
          steps.append(step)
          encode(
            own, step, into: UnsafeMutableRawPointer(target.baseAddress!) + row * columns * width)
        }
      }
      initialized = size
    }
    return (codes, rounding.bytes(of: steps))
  }

  /// The steps of the rows.
  ///
  /// - Throws: as ``quantize(_:counts:)``.
  package func steps(of reader: any RowReader, counts: [Int]? = nil) throws -> [Float] {
    var steps: [Float] = []
    steps.reserveCapacity(reader.rows)
    try reader.eachBand { band, values in
      for (index, row) in band.enumerated() {
        let own = values[(index * reader.columns)..<((index + 1) * reader.columns)]
        steps.append(
          try step(
            of: UnsafeBufferPointer(rebasing: own), row, count: counts?[row] ?? reader.columns))
      }
    }
    return steps
  }

  /// Steps as they are stored.
  package func bytes(of steps: [Float]) -> [UInt8] { rounding.bytes(of: steps) }

  /// Positive, and 1 for a row of zeros.
  private func step(of row: UnsafeBufferPointer<Float>, _ index: Int, count: Int) throws -> Float {
    var lanes = SIMD8<Double>()
    for first in stride(from: 0, to: row.count & ~7, by: 8) {
      for lane in 0..<8 {
        let value = Double(row[first &+ lane])
        lanes[lane] += value * value
      }
    }
    var sum = lanes.sum()
    for place in (row.count & ~7)..<row.count { sum += Double(row[place]) * Double(row[place]) }
    guard sum.isFinite else {
      let column = row.firstIndex { !$0.isFinite } ?? 0
      throw Failure(WeightReason.notFinite(row: index, column: column))
    }
    guard sum > 0, count > 0 else { return 1 }
    let share = factor * Double(multipliers?[index] ?? 1)
    var steps = [Float((sum / Double(count)).squareRoot() * share)]
    rounding.round(&steps)
    return steps[0] > 0 ? steps[0] : rounding.least
  }

  /// A number of steps, nearer to zero by the dead zone; what is within it rounds to zero anyway.
  @inline(__always)
  private func pulled(_ steps: Float) -> Float {
    steps > deadZone ? steps - deadZone : steps < -deadZone ? steps + deadZone : steps
  }

  private func encode(
    _ row: UnsafeBufferPointer<Float>, _ step: Float, into codes: UnsafeMutableRawPointer
  ) {
    if type == .i8 {
      let target = codes.assumingMemoryBound(to: Int8.self)
      for column in 0..<row.count {
        target[column] = Int8(truncatingIfNeeded: nearest(pulled(row[column] / step), -128, 127))
      }
    } else {
      for column in 0..<row.count {
        let code = Int16(
          truncatingIfNeeded: nearest(pulled(row[column] / step), -32768, 32767))
        codes.storeBytes(of: code, toByteOffset: column &* 2, as: Int16.self)
      }
    }
  }
}
