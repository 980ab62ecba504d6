/// A number that says how good a model is at a task; the greater, the better.
public enum Metric: String, Sendable, CaseIterable {
  /// The share of examples, or of tagged words, that are right.
  case accuracy
  /// F1 of the class with index 1.
  case f1
  /// The mean of the F1 of all classes.
  case macroF1 = "macro-f1"
  /// Matthews' correlation coefficient, also of more than two classes.
  case matthews
  case pearson
  /// Spearman's rank correlation.
  case spearman
  /// The coefficient of determination, R².
  case r2
  /// Micro-averaged F1 of whole entities, as seqeval and conlleval count them.
  case entityF1 = "entity-f1"
  /// The mean overlap of answers in words, as SQuAD's official script counts it.
  case squadF1 = "squad-f1"
  /// The share of answers that equal a gold answer, as SQuAD's official script compares them.
  case exactMatch = "exact-match"
}

extension Task.Kind {
  /// What may be measured, the usual metric first.
  public var metrics: [Metric] {
    switch self {
    case .classification, .pair: [.accuracy, .f1, .macroF1, .matthews]
    case .regression: [.pearson, .spearman, .r2]
    case .similarity: [.spearman, .pearson]
    case .tags: [.entityF1, .accuracy]
    case .qa: [.squadF1, .exactMatch]
    }
  }
}
