extension Estimate {
  /// F1 of the class with index 1, whatever its name is: scikit-learn's `f1_score` of binary labels.
  public static func f1(gold: [Int], predicted: [Int]) -> Estimate {
    ClassCounts.estimate(gold: gold, predicted: predicted) { counts in
      counts.gold.count > 1 ? counts.f1(1) ?? 0 : 0
    }
  }

  /// The mean of the F1 of the classes that are or are predicted: scikit-learn's `f1_score` with
  /// `average="macro"`.
  public static func macroF1(gold: [Int], predicted: [Int]) -> Estimate {
    ClassCounts.estimate(gold: gold, predicted: predicted) { counts in
      var (sum, classes) = (0.0, 0)
      for index in counts.gold.indices {
        guard let f1 = counts.f1(index) else { continue }
        sum += f1
        classes += 1
      }
      return sum / Double(classes)
    }
  }
}
