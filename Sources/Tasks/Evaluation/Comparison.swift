/// How far two models agree on the same examples.
public struct Comparison: Sendable, Equatable {
  /// The other model's path, and what it reaches in the same metric.
  public let path: String
  public let value: Double
  /// The share of examples, or of words, for which both predict the same; nil where predictions are
  /// numbers.
  public let agreement: Double?
  /// The mean of KL(other ‖ this) over examples, or words, in nats.
  public let klDivergence: Double?
  /// The mean and the greatest difference of scores.
  public let meanError: Double?
  public let greatestError: Double?
  /// The mean cosine of the two models' vectors of the same sentence; nil unless they are as wide.
  public let embeddingCosine: Double?
}

extension Comparison {
  /// - Parameters:
  ///   - order: the other model's class for each class of this one; nil where they do not correspond.
  init(
    path: String, value: Double, of these: [Prediction], with others: [Prediction],
    order: [Int]?
  ) {
    var tally = Tally(order: order)
    for (this, other) in zip(these, others) { tally.add(this, other) }
    self.path = path
    self.value = value
    agreement = tally.decisions > 0 ? Double(tally.equal) / Double(tally.decisions) : nil
    klDivergence = tally.distributions > 0 ? tally.divergence / Double(tally.distributions) : nil
    meanError = tally.errors > 0 ? tally.errorSum / Double(tally.errors) : nil
    greatestError = tally.errors > 0 ? tally.greatestError : nil
    embeddingCosine = tally.vectors > 0 ? tally.cosineSum / Double(tally.vectors) : nil
  }
}

/// Sums over examples.
private struct Tally {
  let order: [Int]?
  var decisions = 0
  var equal = 0
  var distributions = 0
  var divergence = 0.0
  var errors = 0
  var errorSum = 0.0
  var greatestError = 0.0
  var vectors = 0
  var cosineSum = 0.0

  init(order: [Int]?) { self.order = order }

  mutating func add(_ this: Prediction, _ other: Prediction) {
    switch (this, other) {
    case (.label(let label, let scores), .label(let otherLabel, let otherScores)):
      decide(label, otherLabel)
      compare(scores, otherScores)
    case (.tags(let tags, let scores), .tags(let otherTags, let otherScores)):
      for (tag, otherTag) in zip(tags, otherTags) { decide(tag, otherTag) }
      for (scores, otherScores) in zip(scores, otherScores) { compare(scores, otherScores) }
    case (.answer(let answer), .answer(let otherAnswer)):
      decisions += 1
      equal += answer == otherAnswer ? 1 : 0
    case (.score(let score), .score(let otherScore)): differ(score - otherScore)
    case (
      .similarity(let near, let first, let second),
      .similarity(let otherNear, let otherFirst, let otherSecond)
    ):
      differ(near - otherNear)
      for (vector, otherVector) in [(first, otherFirst), (second, otherSecond)]
      where vector.count == otherVector.count {
        vectors += 1
        cosineSum += cosine(vector, otherVector)
      }
    default: break
    }
  }

  private mutating func decide(_ this: Int, _ other: Int) {
    guard let order else { return }
    decisions += 1
    equal += order[this] == other ? 1 : 0
  }

  private mutating func compare(_ these: [Float], _ others: [Float]) {
    guard let order, these.count == order.count, others.count == order.count else { return }
    let others = order.map { others[$0] }
    for (this, other) in zip(these, others) { differ(Double(this) - Double(other)) }
    distributions += 1
    divergence += meanDivergence(of: these, from: others, classes: order.count)
  }

  private mutating func differ(_ error: Double) {
    errors += 1
    errorSum += abs(error)
    greatestError = max(greatestError, abs(error))
  }
}
