/// How often each class is right, is predicted, and both.
struct ClassCounts {
  private(set) var gold: [Int]
  private(set) var predicted: [Int]
  private(set) var correct: [Int]

  private init(classes: Int) {
    gold = [Int](repeating: 0, count: classes)
    predicted = gold
    correct = gold
  }

  /// A statistic of the counts with its interval.
  ///
  /// - Precondition: classes are not negative, and there are as many predictions as examples.
  static func estimate(
    gold: [Int], predicted: [Int], _ statistic: (ClassCounts) -> Double
  ) -> Estimate {
    precondition(gold.count == predicted.count)
    let classes = max(gold.max() ?? 0, predicted.max() ?? 0) + 1
    precondition(gold.allSatisfy { $0 >= 0 } && predicted.allSatisfy { $0 >= 0 })
    var counts = ClassCounts(classes: classes)
    return Bootstrap.estimate(examples: gold.count) { weights in
      counts.count(gold, predicted, weights)
      return statistic(counts)
    }
  }

  private mutating func count(_ gold: [Int], _ predicted: [Int], _ weights: Bootstrap.Weights) {
    for index in self.gold.indices {
      self.gold[index] = 0
      self.predicted[index] = 0
      correct[index] = 0
    }
    for index in weights.indices {
      let weight = Int(weights[index])
      let (right, guess) = (gold[index], predicted[index])
      self.gold[right] += weight
      self.predicted[guess] += weight
      correct[right] += right == guess ? weight : 0
    }
  }

  /// F1 of a class (van Rijsbergen, 1979); nil where it neither is nor is predicted.
  func f1(_ index: Int) -> Double? {
    let sum = gold[index] + predicted[index]
    return sum == 0 ? nil : 2 * Double(correct[index]) / Double(sum)
  }
}
