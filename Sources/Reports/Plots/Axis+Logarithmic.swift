import Glibc
import Tensors

extension Axis {
  /// From here on, the greatest by the least, small values lie on the ground of a linear axis.
  private static let wideRatio = 20.0
  private static let finite = 1e-300...1e300

  /// The axis on which values are told apart: logarithmic if their trend goes through orders of magnitude and none is below zero, else linear.
  ///
  /// - Parameter trend: values without their noise.
  init(telling values: [Double], trend: [Double]) {
    let (least, greatest) = (values.min() ?? 0, values.max() ?? 1)
    let isWide = (trend.max() ?? 1) > Self.wideRatio * (trend.min() ?? 1)
    if isWide, least > 0 {
      self.init(logarithmic: max(least, Self.finite.lowerBound), greatest)
    } else {
      self.init(values, isFromZero: least >= 0 && least < 0.4 * greatest)
    }
  }

  /// Covers two positive numbers, the first the lesser by far, with ticks at powers of ten, or at these and twice and five times as much.
  private init(logarithmic least: Double, _ greatest: Double) {
    let powers = Int(floor(log10(least)))...Int(ceil(log10(greatest)))
    let all = powers.flatMap { power in [1, 2, 5].map { $0 * pow(10, Double(power)) } }
    let from = all.lastIndex { $0 <= least * 1.000001 } ?? 0
    let to = all.firstIndex { $0 >= greatest * 0.999999 } ?? all.count - 1
    let inside = Array(all[from...max(from, to)])
    let tens = inside.filter { Self.isPowerOfTen($0) }
    let fine = inside.count <= 6 || tens.count < 2 ? inside : tens
    let every = (fine.count + 5) / 6
    self.init(
      lower: inside[0], upper: inside[inside.count - 1],
      ticks: fine.indices.filter { $0 % every == 0 }.map { fine[$0] }, isLogarithmic: true)
  }

  private static func isPowerOfTen(_ value: Double) -> Bool {
    let power = log10(value)
    return (power - power.rounded()).magnitude < 1e-6
  }
}

/// A tick as short as it can be said: `0.05`, `1000`, `2.5e-5`.
func tickText(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
  let exponent = Int(floor(log10(value.magnitude) + 1e-9))
  if (-4..<6).contains(exponent) { return trimmed(fixed(value, max(0, 3 - exponent))) }
  return trimmed(fixed(value / pow(10, Double(exponent)), 2)) + "e\(exponent)"
}

/// Decimals without zeros at their end.
private func trimmed(_ text: String) -> String {
  guard text.contains(".") else { return text }
  let rest = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
  return String(rest.reversed())
}
