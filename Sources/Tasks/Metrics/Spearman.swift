extension Estimate {
  /// Spearman's rank correlation: Pearson's correlation of the ranks, of which equal values share the mean;
  /// 0 where either side is constant.
  ///
  /// - Precondition: there are as many predictions as examples.
  public static func spearman(gold: [Double], predicted: [Double]) -> Estimate {
    precondition(gold.count == predicted.count)
    var gold = WeightedRanks(gold)
    var predicted = WeightedRanks(predicted)
    return Bootstrap.estimate(examples: gold.levels.count) { weights in
      gold.rank(weights)
      predicted.rank(weights)
      var (product, squares, otherSquares) = (0.0, 0.0, 0.0)
      for index in weights.indices {
        let weight = Double(weights[index])
        let x = gold.ranks[Int(gold.levels[index])]
        let y = predicted.ranks[Int(predicted.levels[index])]
        product += weight * x * y
        squares += weight * x * x
        otherSquares += weight * y * y
      }
      return product / (squares * otherSquares).squareRoot()
    }
  }
}

/// The ranks of values that count more or less often.
private struct WeightedRanks {
  /// For each value its place among the distinct values.
  let levels: [Int32]
  /// For each distinct value its rank, from the middle of all ranks.
  private(set) var ranks: [Double]

  init(_ values: [Double]) {
    var levels = [Int32](repeating: 0, count: values.count)
    var level: Int32 = -1
    var previous: Double?
    for index in values.indices.sorted(by: { values[$0] < values[$1] }) {
      if previous != values[index] { level += 1 }
      previous = values[index]
      levels[index] = level
    }
    self.levels = levels
    ranks = [Double](repeating: 0, count: Int(level) + 1)
  }

  mutating func rank(_ weights: Bootstrap.Weights) {
    for level in ranks.indices { ranks[level] = 0 }
    for index in weights.indices { ranks[Int(levels[index])] += Double(weights[index]) }
    let middle = Double(weights.count + 1) / 2
    var below = 0.0
    for level in ranks.indices {
      let count = ranks[level]
      ranks[level] = below + (count + 1) / 2 - middle
      below += count
    }
  }
}
