extension Estimate {
  /// The mean over questions of the overlap in words with the best gold answer: SQuAD's F1.
  ///
  /// - Parameter gold: for each question the right answers; none where there is no answer.
  /// - Parameter predicted: empty where no answer is given.
  /// - Parameter allowsNoAnswer: whether to score by the script of SQuAD 2.0 instead of 1.1.
  public static func squadF1(
    gold: [[String]], predicted: [String], allowsNoAnswer: Bool
  ) -> Estimate {
    let scores = AnswerScore.all(gold, predicted, allowsNoAnswer).map(\.f1)
    return Bootstrap.estimate(examples: scores.count) { weights in
      var sum = 0.0
      for index in weights.indices { sum += Double(weights[index]) * scores[index] }
      return sum / Double(scores.count)
    }
  }

  /// The share of questions whose answer equals a gold answer, once both are normalized.
  public static func exactMatch(
    gold: [[String]], predicted: [String], allowsNoAnswer: Bool
  ) -> Estimate {
    let scores = AnswerScore.all(gold, predicted, allowsNoAnswer)
    return proportion(successes: scores.count(where: \.isExact), examples: scores.count)
  }
}

/// How an answer compares with the gold answers of its question.
struct AnswerScore: Equatable {
  var isExact: Bool
  var f1: Double

  static func all(
    _ gold: [[String]], _ predicted: [String], _ allowsNoAnswer: Bool
  ) -> [AnswerScore] {
    precondition(gold.count == predicted.count)
    return zip(gold, predicted).map {
      AnswerScore(of: $1, against: $0, allowsNoAnswer: allowsNoAnswer)
    }
  }

  init(of predicted: String, against gold: [String], allowsNoAnswer: Bool) {
    let predicted = NormalizedAnswer(predicted)
    var gold = gold.map(NormalizedAnswer.init)
    if allowsNoAnswer {
      gold.removeAll { $0.words.isEmpty }
      if gold.isEmpty { gold = [NormalizedAnswer("")] }
    }
    isExact = gold.contains(predicted)
    f1 = gold.map { Self.overlap(predicted, $0, emptyMayAgree: allowsNoAnswer) }.max() ?? 0
  }

  /// F1 of the words that two answers share.
  private static func overlap(
    _ predicted: NormalizedAnswer, _ gold: NormalizedAnswer, emptyMayAgree: Bool
  ) -> Double {
    if predicted.words.isEmpty || gold.words.isEmpty {
      return emptyMayAgree && predicted == gold ? 1 : 0
    }
    var left: [NormalizedAnswer.Word: Int] = [:]
    for word in gold.words { left[word, default: 0] += 1 }
    var shared = 0
    for word in predicted.words where left[word, default: 0] > 0 {
      left[word]! -= 1
      shared += 1
    }
    guard shared > 0 else { return 0 }
    let precision = Double(shared) / Double(predicted.words.count)
    let recall = Double(shared) / Double(gold.words.count)
    return 2 * precision * recall / (precision + recall)
  }
}
