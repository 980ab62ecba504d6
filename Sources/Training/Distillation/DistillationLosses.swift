import Tensors

/// How much each of a distillation's losses counts.
///
/// As text: `hard=0.1 kl=0.9 temperature=2`.
package struct DistillationLosses: Sendable, Equatable, CustomStringConvertible {
  /// Cross-entropy against the labels, where there are any.
  package var hard: Float = 0
  /// − Σ p log softmax(z), p being the teacher's probabilities.
  package var soft: Float = 0
  /// T² · KL(teacher ‖ student) at a temperature T (Hinton et al., 2015).
  package var divergence: Float = 0
  package var temperature: Float = 1
  /// The mean squared error of logits (Ba and Caruana, 2014).
  package var logits: Float = 0
  /// The mean squared error from log(p / (1 − p)) of the teacher's probabilities (XtremeDistil: Mukherjee and Awadallah, 2020).
  package var logitOfProbability: Float = 0

  package init() {}

  private static var keys: [(name: String, path: WritableKeyPath<Self, Float>)] {
    [
      ("hard", \.hard), ("soft", \.soft), ("kl", \.divergence), ("logits", \.logits),
      ("logit-p", \.logitOfProbability), ("temperature", \.temperature),
    ]
  }

  /// - Throws: ``Failure`` of usage that says what is known.
  package init(_ text: String) throws {
    for word in text.split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, let key = Self.keys.first(where: { $0.name == parts[0] }) else {
        throw Failure(DistillationReason.loss(String(word), known: Self.keys.map(\.name)))
      }
      guard let value = plainNumber(parts[1]), value <= 1e6, key.name != "temperature" || value > 0
      else { throw Failure(DistillationReason.weight(key.name, parts[1])) }
      self[keyPath: key.path] = Float(value)
    }
    guard hard + soft + divergence + logits + logitOfProbability > 0 else {
      throw Failure(DistillationReason.noLoss)
    }
  }

  package var description: String {
    Self.keys.filter { $0.name == "temperature" ? divergence > 0 : self[keyPath: $0.path] > 0 }
      .map { "\($0.name)=\(shortest(Double("\(self[keyPath: $0.path])") ?? 0))" }
      .joined(separator: " ")
  }
}

/// Why nothing is distilled.
package enum DistillationReason: Reason {
  case loss(String, known: [String])
  case weight(String, String)
  case noLoss
  case notLearnedFrom
  case labels(teacher: [String], student: [String])

  package var outcome: Outcome {
    switch self {
    case .labels: .badInput
    default: .usage
    }
  }

  package var description: String {
    switch self {
    case .loss(let word, let known):
      "a loss KEY=WEIGHT is expected, but '\(printable(word))' is found; known are \(known.joined(separator: ", "))"
    case .weight(let key, let value):
      "\(key) should be a number from 0, but is '\(printable(value))'"
    case .noLoss: "no loss counts anything: one of hard, soft, kl, logits and logit-p should"
    case .notLearnedFrom:
      "a teacher's outputs are learned from in tasks of classification, pairs and regression"
    case .labels(let teacher, let student):
      "the teacher's classes are \(teacher.map(printable).joined(separator: "/")), the task's \(student.map(printable).joined(separator: "/"))"
    }
  }
}
