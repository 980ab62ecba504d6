extension Estimate {
  /// The coefficient of determination, R²: 1 for exact scores, 0 for their mean, less for worse; scikit-learn's
  /// `r2_score`.
  ///
  /// - Precondition: there are as many predictions as examples.
  public static func r2(gold: [Double], predicted: [Double]) -> Estimate {
    precondition(gold.count == predicted.count)
    return Bootstrap.estimate(examples: gold.count) { weights in
      var (count, sum) = (0.0, 0.0)
      for index in weights.indices {
        count += Double(weights[index])
        sum += Double(weights[index]) * gold[index]
      }
      let mean = sum / count
      var (errors, deviations) = (0.0, 0.0)
      for index in weights.indices {
        let (error, deviation) = (gold[index] - predicted[index], gold[index] - mean)
        errors += Double(weights[index]) * error * error
        deviations += Double(weights[index]) * deviation * deviation
      }
      guard deviations > 0 else { return errors == 0 ? 1 : 0 }
      return 1 - errors / deviations
    }
  }
}
