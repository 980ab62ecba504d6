/// The percentile bootstrap (Efron, 1979): the examples are drawn again with replacement, many times, and
/// what the metric becomes says how much it hangs on their choice.
///
/// A metric is a function of how often each example counts: once for its value, as often as it was drawn for
/// a resample. The draws come from a fixed seed.
enum Bootstrap {
  static let resamples = 1000
  private static let seed: UInt64 = 0x5EED

  /// How often each example counts.
  typealias Weights = UnsafeBufferPointer<Int32>

  /// - Parameter statistic: what is not finite counts as 0.
  static func estimate(examples count: Int, _ statistic: (Weights) -> Double) -> Estimate {
    func defined(_ weights: [Int32]) -> Double {
      let value = weights.withUnsafeBufferPointer(statistic)
      return value.isFinite ? value : 0
    }
    let value = defined([Int32](repeating: 1, count: count))
    guard count > 1 else { return Estimate(value: value, interval: value...value, examples: count) }
    var draws = Draws(seed: seed)
    var weights = [Int32](repeating: 0, count: count)
    var values: [Double] = []
    for _ in 0..<resamples {
      draws.resample(&weights)
      values.append(defined(weights))
    }
    values.sort()
    return Estimate(
      value: value, interval: quantile(0.025, of: values)...quantile(0.975, of: values),
      examples: count)
  }

  /// Interpolated between neighbours, as NumPy does.
  private static func quantile(_ share: Double, of sorted: [Double]) -> Double {
    let place = share * Double(sorted.count - 1)
    let index = Int(place)
    guard index + 1 < sorted.count else { return sorted[sorted.count - 1] }
    return sorted[index] + (place - Double(index)) * (sorted[index + 1] - sorted[index])
  }
}

/// SplitMix64 (Steele et al., 2014), two draws a number.
private struct Draws {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// Draws as many examples as there are.
  mutating func resample(_ weights: inout [Int32]) {
    weights.withUnsafeMutableBufferPointer { weights in
      weights.update(repeating: 0)
      let count = UInt64(weights.count)
      for _ in 0..<weights.count / 2 {
        let bits = next()
        weights[Int(((bits & 0xFFFF_FFFF) &* count) >> 32)] &+= 1
        weights[Int(((bits >> 32) &* count) >> 32)] &+= 1
      }
      if weights.count % 2 == 1 { weights[Int(((next() >> 32) &* count) >> 32)] &+= 1 }
    }
  }

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
