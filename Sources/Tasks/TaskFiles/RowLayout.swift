import Tensors

/// Where in the rows of a task the parts of its examples are.
struct RowLayout: Equatable {
  typealias Column = TaskDescription.Column

  var kind: Task.Kind
  var text: Column
  var second: Column?
  /// The label or the score.
  var gold: Column

  /// Settles what a description says, and sees the rest from the names of the columns.
  ///
  /// - Parameter names: of the columns; none where they have none.
  /// - Parameter sample: the text of a column in the first row, which tells scores from labels.
  init(
    _ description: TaskDescription, names: [String], sample: (Column) -> String?
  ) throws {
    let search = RowSearch(description, names)
    (text, second) = try search.texts()
    let (gold, isScore) = try search.gold(sample)
    self.gold = gold
    kind =
      switch (description.kind, isScore, second) {
      case (let kind?, _, _): kind
      case (nil, true, nil): .regression
      case (nil, true, _): .similarity
      case (nil, false, nil): .classification
      case (nil, false, _): .pair
      }
    try description.check(for: kind)
  }
}

/// The search for the columns of a task.
private struct RowSearch {
  typealias Column = TaskDescription.Column

  private let given: [TaskDescription.Field: Column]
  private let kind: Task.Kind?
  private let names: [String]
  private let usual: UsualColumns

  init(_ description: TaskDescription, _ names: [String]) {
    given = description.columns
    kind = description.kind
    self.names = names
    usual = UsualColumns(names)
  }

  func texts() throws -> (Column, Column?) {
    let needsTwo = kind == .pair || kind == .similarity
    if let text = given[.text] {
      if needsTwo, given[.text2] == nil { throw missing([.text2]) }
      return (text, given[.text2])
    }
    if given[.text2] != nil { throw missing([.text]) }
    if kind != .classification, let pair = usual.pair { return pair }
    if !needsTwo, let text = usual.text { return (text, nil) }
    throw missing(needsTwo ? [.text, .text2] : [.text])
  }

  func gold(_ sample: (Column) -> String?) throws -> (Column, isScore: Bool) {
    switch kind {
    case .regression, .similarity:
      if let column = given[.score] ?? given[.label] ?? usual.score ?? usual.label {
        return (column, true)
      }
      throw missing([.score])
    case nil:
      if let score = given[.score]
        ?? (given[.label] == nil && usual.label == nil ? usual.score : nil)
      {
        return (score, true)
      }
    default: break
    }
    guard let label = given[.label] ?? usual.label else { throw missing([.label]) }
    return (label, kind == nil && sample(label).map(isFraction) ?? false)
  }

  private func missing(_ fields: [TaskDescription.Field]) -> Failure {
    Failure(TableReason.unknownColumns(fields.map(\.rawValue), names: names))
  }
}

/// A number that no class has.
private func isFraction(_ text: String) -> Bool { Int(text) == nil && finiteNumber(text) != nil }

/// The columns that go by the names that data sets usually give them.
struct UsualColumns {
  typealias Column = TaskDescription.Column

  private let names: [String: String]

  init(_ names: [String]) {
    self.names = Dictionary(names.map { ($0.lowercased(), $0) }) { first, _ in first }
  }

  var pair: (Column, Column?)? {
    for (first, second) in Self.pairs {
      if let first = names[first], let second = names[second] {
        return (.name(first), .name(second))
      }
    }
    return nil
  }

  var text: Column? { first(of: Self.texts) }
  var label: Column? { first(of: Self.labels) }
  var score: Column? { first(of: Self.scores) }

  private func first(of usual: [String]) -> Column? {
    usual.lazy.compactMap { names[$0] }.first.map(Column.name)
  }

  static let all = Set(pairs.flatMap { [$0.0, $0.1] } + texts + labels + scores)

  private static let pairs = [
    ("sentence1", "sentence2"), ("sentence_1", "sentence_2"), ("text1", "text2"),
    ("text", "text2"), ("text_a", "text_b"), ("premise", "hypothesis"), ("question1", "question2"),
    ("#1 string", "#2 string"), ("question", "sentence"),
  ]
  private static let texts = ["sentence", "text", "review", "question"]
  private static let labels = ["label", "gold_label", "labels", "class", "is_duplicate", "quality"]
  private static let scores = ["score", "similarity", "similarity_score"]
}
