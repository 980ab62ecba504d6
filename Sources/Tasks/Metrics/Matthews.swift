extension Estimate {
  /// Matthews' correlation coefficient, of two classes (Matthews, 1975) or more (Gorodkin, 2004).
  ///
  /// It is 0 where it is undefined: where all labels, or all predictions, are of one class.
  public static func matthews(gold: [Int], predicted: [Int]) -> Estimate {
    ClassCounts.estimate(gold: gold, predicted: predicted) { counts in
      var (total, correct, both, golds, guesses) = (0.0, 0.0, 0.0, 0.0, 0.0)
      for index in counts.gold.indices {
        let (gold, predicted) = (Double(counts.gold[index]), Double(counts.predicted[index]))
        total += gold
        correct += Double(counts.correct[index])
        both += gold * predicted
        golds += gold * gold
        guesses += predicted * predicted
      }
      let variance = (total * total - golds) * (total * total - guesses)
      return variance > 0 ? (correct * total - both) / variance.squareRoot() : 0
    }
  }
}
