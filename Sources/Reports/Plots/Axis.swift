import Glibc
import Tensors

/// Round numbers along a range, and where they lie in it.
struct Axis {
  let lower: Double
  let upper: Double
  let ticks: [Double]
  /// Whether equal ratios lie equally far apart, and not equal differences.
  let isLogarithmic: Bool

  /// Covers values with a few round steps.
  ///
  /// - Parameter isFromZero: whether it begins at zero; else at the first round number below all values.
  init(_ values: [Double], isFromZero: Bool, steps: Int = 4) {
    let finite = values.filter(\.isFinite)
    let greatest = finite.max() ?? 1
    let least = isFromZero ? 0 : finite.min() ?? 0
    // What differs in its last bits only has no step between that would change it.
    let isSeen = greatest - least > 1e-9 * max(greatest.magnitude, least.magnitude)
    let width = isSeen ? max(greatest - least, 1e-300) : max(greatest.magnitude, 1e-9)
    let rough = width / Double(steps)
    let power = pow(10, floor(log10(rough)))
    let step = [1, 2, 2.5, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? rough
    let first = isFromZero ? 0 : floor(least / step)
    let last = max(first + 1, ceil(greatest / step - 1e-9))
    lower = first * step
    upper = last * step
    ticks = (0...min(20, Int(last - first))).map { (first + Double($0)) * step }
    isLogarithmic = false
  }

  init(lower: Double, upper: Double, ticks: [Double], isLogarithmic: Bool) {
    self.lower = lower
    self.upper = upper
    self.ticks = ticks
    self.isLogarithmic = isLogarithmic
  }

  /// Where a value lies, from 0 at the lower end to 1 at the upper.
  func place(_ value: Double) -> Double {
    guard value.isFinite else { return 1 }
    guard isLogarithmic else { return min(1, max(0, (value - lower) / (upper - lower))) }
    let length = log10(upper) - log10(lower)
    return value > lower ? min(1, (log10(value) - log10(lower)) / length) : 0
  }

  /// The labels of the ticks, in as many decimals as tell them apart.
  func labels(_ unit: Double = 1) -> [String] {
    let isTiny = max(lower.magnitude, upper.magnitude) < 0.001 * unit
    if isLogarithmic || isTiny { return ticks.map { tickText($0 / unit) } }
    let step = (upper - lower) / Double(max(1, ticks.count - 1)) / unit
    let decimals = (0...9).first { decimals in
      let scaled = step * pow(10, Double(decimals))
      return scaled >= 1 && (scaled - scaled.rounded()).magnitude < 1e-6 * scaled
    }
    return ticks.map { fixed($0 / unit, decimals ?? 9) }
  }
}

/// A coordinate with no more decimals than can be seen.
func short(_ value: Double) -> String {
  let text = fixed(value, 2)
  guard text.contains(".") else { return text }
  let trimmed = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
  return String(trimmed.reversed())
}

/// A share of the width.
func share(_ value: Double) -> String { short(100 * value) + "%" }
