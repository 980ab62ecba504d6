extension Estimate {
  /// The share of examples that are right, with Wilson's score interval (Wilson, 1927).
  ///
  /// - Precondition: `0 <= successes <= examples`.
  public static func proportion(successes: Int, examples: Int) -> Estimate {
    precondition(0...examples ~= successes)
    guard examples > 0 else { return Estimate(value: 0, interval: 0...1, examples: 0) }
    let count = Double(examples)
    let share = Double(successes) / count
    let square = normalQuantile * normalQuantile
    let middle = (share + square / (2 * count)) / (1 + square / count)
    let half =
      normalQuantile / (1 + square / count)
      * (share * (1 - share) / count + square / (4 * count * count)).squareRoot()
    // Rounding must not put a share of 0 or 1 outside of its own interval.
    return Estimate(
      value: share, interval: min(share, max(0, middle - half))...max(share, min(1, middle + half)),
      examples: examples)
  }
}

/// The quantile of the normal distribution that leaves 2.5 % above it.
private let normalQuantile = 1.959963984540054
