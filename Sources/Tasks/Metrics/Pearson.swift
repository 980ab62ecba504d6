extension Estimate {
  /// Pearson's correlation coefficient; 0 where either side is constant.
  ///
  /// - Precondition: there are as many predictions as examples.
  public static func pearson(gold: [Double], predicted: [Double]) -> Estimate {
    precondition(gold.count == predicted.count)
    // Centred, the sums of squares lose nothing to cancellation.
    let (gold, predicted) = (centred(gold), centred(predicted))
    return Bootstrap.estimate(examples: gold.count) { weights in
      var moments = Moments()
      for index in weights.indices {
        moments.add(gold[index], predicted[index], Double(weights[index]))
      }
      return moments.correlation
    }
  }

  private static func centred(_ values: [Double]) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    return values.map { $0 - mean }
  }
}

/// The weighted sums of which a correlation is made.
private struct Moments {
  var count = 0.0
  var first = (0.0, 0.0)
  var second = (0.0, 0.0)
  var product = 0.0

  mutating func add(_ x: Double, _ y: Double, _ weight: Double) {
    count += weight
    first = (first.0 + weight * x, first.1 + weight * y)
    second = (second.0 + weight * x * x, second.1 + weight * y * y)
    product += weight * x * y
  }

  var correlation: Double {
    let x = variance(first.0, second.0)
    let y = variance(first.1, second.1)
    guard x > 0, y > 0 else { return 0 }
    return (count * product - first.0 * first.1) / (x.squareRoot() * y.squareRoot())
  }

  /// Times the square of the count; 0 where rounding is all that is left.
  private func variance(_ first: Double, _ second: Double) -> Double {
    let variance = count * second - first * first
    return variance > 1e-13 * count * second ? variance : 0
  }
}
