extension Estimate {
  /// The F1 of whole entities, counted over all sentences together: seqeval's `f1_score`.
  ///
  /// The interval is over the choice of the sentences.
  /// - Precondition: every sentence has as many predictions as tags.
  public static func entityF1(gold: [[String]], predicted: [[String]]) -> Estimate {
    precondition(gold.count == predicted.count)
    let counts = zip(gold, predicted).map { gold, predicted in
      precondition(gold.count == predicted.count)
      let right = Set(Entity.all(in: gold))
      let found = Set(Entity.all(in: predicted))
      return (shared: right.intersection(found).count, sum: right.count + found.count)
    }
    return Bootstrap.estimate(examples: gold.count) { weights in
      var (shared, sum) = (0, 0)
      for index in weights.indices {
        shared += Int(weights[index]) * counts[index].shared
        sum += Int(weights[index]) * counts[index].sum
      }
      return sum == 0 ? 0 : 2 * Double(shared) / Double(sum)
    }
  }
}
