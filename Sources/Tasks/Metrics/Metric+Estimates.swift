extension Metric {
  /// Measures predicted classes.
  ///
  /// - Precondition: the metric is one of classification.
  public func estimate(gold: [Int], predicted: [Int]) -> Estimate {
    switch self {
    case .accuracy: .accuracy(gold: gold, predicted: predicted)
    case .f1: .f1(gold: gold, predicted: predicted)
    case .macroF1: .macroF1(gold: gold, predicted: predicted)
    case .matthews: .matthews(gold: gold, predicted: predicted)
    default: preconditionFailure("\(rawValue) does not measure classes")
    }
  }

  /// Measures predicted scores.
  ///
  /// - Precondition: the metric is one of regression or similarity.
  public func estimate(gold: [Double], predicted: [Double]) -> Estimate {
    switch self {
    case .pearson: .pearson(gold: gold, predicted: predicted)
    case .spearman: .spearman(gold: gold, predicted: predicted)
    case .r2: .r2(gold: gold, predicted: predicted)
    default: preconditionFailure("\(rawValue) does not measure scores")
    }
  }

  /// Measures predicted tags, sentence by sentence.
  ///
  /// - Precondition: the metric is one of tags.
  public func estimate(gold: [[String]], predicted: [[String]]) -> Estimate {
    switch self {
    case .entityF1: .entityF1(gold: gold, predicted: predicted)
    case .accuracy: .accuracy(gold: gold, predicted: predicted)
    default: preconditionFailure("\(rawValue) does not measure tags")
    }
  }

  /// Measures answers to questions, each against all that are right.
  ///
  /// - Precondition: the metric is one of questions.
  public func estimate(gold: [[String]], answers: [String], allowsNoAnswer: Bool) -> Estimate {
    switch self {
    case .squadF1: .squadF1(gold: gold, predicted: answers, allowsNoAnswer: allowsNoAnswer)
    case .exactMatch: .exactMatch(gold: gold, predicted: answers, allowsNoAnswer: allowsNoAnswer)
    default: preconditionFailure("\(rawValue) does not measure answers")
    }
  }
}
