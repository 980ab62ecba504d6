import Checkpoints
import Tensors

/// The probabilities with which a model drops numbers in training, from its configuration or, where that is silent, as the family's
/// reference implementation has them.
package struct DropoutSettings: Sendable, Equatable {
  /// Of the embeddings, and of what the branches of a layer add.
  package var hidden: Float
  /// Of attention's probabilities.
  package var attention: Float
  /// Before a classifier.
  package var classifier: Float
  /// Before the scores of answer spans.
  package var answers: Float

  package static let none = DropoutSettings(hidden: 0, attention: 0, classifier: 0, answers: 0)

  package init(hidden: Float, attention: Float, classifier: Float, answers: Float) {
    self.hidden = hidden
    self.attention = attention
    self.classifier = classifier
    self.answers = answers
  }

  /// - Throws: `Failure` if the configuration holds something else than a probability below 1.
  init(
    _ family: EncoderFamily, _ head: Head, _ configuration: Configuration?
  ) throws {
    func read(_ key: String, _ otherwise: Float) throws -> Float {
      try Self.probability(key, in: configuration, otherwise: otherwise)
    }
    switch family {
    case .distilbert:
      hidden = try read("dropout", 0.1)
      attention = try read("attention_dropout", 0.1)
      classifier =
        head == .tokenClassification ? hidden : try read("seq_classif_dropout", 0.2)
      answers = try read("qa_dropout", 0.1)
    case .albert:
      hidden = try read("hidden_dropout_prob", 0)
      attention = try read("attention_probs_dropout_prob", 0)
      classifier = try read("classifier_dropout_prob", 0.1)
      answers = 0
    case .bert, .roberta, .xlmRoberta, .electra:
      hidden = try read("hidden_dropout_prob", 0.1)
      attention = try read("attention_probs_dropout_prob", 0.1)
      classifier = try read("classifier_dropout", hidden)
      answers = 0
    }
  }

  /// - Throws: `Failure` if the configuration holds something else than a probability below 1.
  static func probability(
    _ key: String, in configuration: Configuration?, otherwise: Float
  ) throws -> Float {
    guard let value = configuration?.document[key], value != .null else { return otherwise }
    guard let number = value.number, number >= 0, number < 1 else {
      throw Failure(
        TrainingReason.dropout(key, found: value.text()), at: Place(file: configuration?.path))
    }
    return Float(number)
  }
}
