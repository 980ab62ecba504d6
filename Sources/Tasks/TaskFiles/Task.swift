/// Labelled examples to hold a model against: one split of a task.
public struct Task: Sendable {
  /// The file that the examples are from.
  public var path: String
  public var kind: Kind
  public var metric: Metric
  /// The names of the classes in the order of their numbers, where the task declares them.
  public var labels: [String]?
  public var examples: [Example]
  /// Whether questions may have no answer, as in SQuAD 2.0: then answers are scored by its rules.
  public var allowsNoAnswer: Bool
  public var notes: TaskNotes

  /// What is asked of a model.
  public enum Kind: String, Sendable, CaseIterable {
    /// The class of a text.
    case classification
    /// The class of a pair of texts.
    case pair
    /// A number for a text, or for a pair of texts.
    case regression
    /// A tag for each word.
    case tags
    /// How near two texts are, by the cosine of their embeddings.
    case similarity
    /// The part of a context that answers a question.
    case qa
  }
}

/// What should be known about the reading of a task, and did not stop it.
public struct TaskNotes: Sendable, Equatable {
  /// Invalid sequences of UTF-8 that were replaced by U+FFFD.
  public var replacedSequences = 0
  /// Lines without anything on them, between rows; those that separate sentences are not counted.
  public var emptyLines = 0
  /// Tags `I-` that begin an entity and became `B-`.
  public var convertedTags = 0
  /// Whether the tags were IOB1, in which only an entity next to another of its type begins with `B-`.
  public var isIOB1 = false
  /// Answers that stand elsewhere in their context than their offset says.
  public var movedAnswers = 0

  public init() {}

  /// The notes for people.
  public var lines: [String] {
    var lines: [String] = []
    func say(_ count: Int, _ one: String, _ many: String) {
      if count > 0 { lines.append("\(count) \(count == 1 ? one : many)") }
    }
    say(
      replacedSequences, "invalid UTF-8 sequence replaced by U+FFFD",
      "invalid UTF-8 sequences replaced by U+FFFD")
    say(emptyLines, "empty line skipped", "empty lines skipped")
    if isIOB1 {
      lines.append("the tags are IOB1, read as BIO")
    } else {
      say(convertedTags, "entity begins with I-, read as B-", "entities begin with I-, read as B-")
    }
    say(
      movedAnswers, "answer is not where its offset says", "answers are not where their offsets say"
    )
    return lines
  }
}
