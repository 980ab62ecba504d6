extension Estimate {
  /// The share of examples whose class is predicted.
  ///
  /// - Precondition: there are as many predictions as examples.
  public static func accuracy(gold: [Int], predicted: [Int]) -> Estimate {
    precondition(gold.count == predicted.count)
    let right = zip(gold, predicted).count { $0 == $1 }
    return proportion(successes: right, examples: gold.count)
  }

  /// The share of examples for which two models predict the same class.
  public static func agreement(_ first: [Int], _ second: [Int]) -> Estimate {
    accuracy(gold: first, predicted: second)
  }

  /// The share of words whose tag is predicted; the interval is over the choice of the sentences, within
  /// which words hang together.
  ///
  /// - Precondition: every sentence has as many predictions as tags.
  public static func accuracy(gold: [[String]], predicted: [[String]]) -> Estimate {
    precondition(gold.count == predicted.count)
    let right = zip(gold, predicted).map { gold, predicted in
      precondition(gold.count == predicted.count)
      return Int32(zip(gold, predicted).count { $0 == $1 })
    }
    let words = gold.map { Int32($0.count) }
    return Bootstrap.estimate(examples: gold.count) { weights in
      var (hits, total) = (0, 0)
      for index in weights.indices {
        hits += Int(weights[index]) * Int(right[index])
        total += Int(weights[index]) * Int(words[index])
      }
      return Double(hits) / Double(total)
    }
  }
}
