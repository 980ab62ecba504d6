import Tensors

/// What is right for each example of a task, in the terms of a model.
enum TaskGold: Sendable {
  case classes([Int])
  case scores([Double])
  case tags([[String]])
  case answers([[String]], allowsNone: Bool)

  /// - Throws: ``Failure`` with the line of a label that the model lacks.
  init(_ task: Task, _ labels: LabelMap) throws {
    switch task.kind {
    case .classification, .pair: self = .classes(try labels.indices(of: task))
    case .tags: self = .tags(try labels.tags(of: task))
    case .regression, .similarity:
      self = .scores(
        task.examples.map { example in
          guard case .score(let score) = example.gold else { preconditionFailure("no score") }
          return score
        })
    case .qa:
      self = .answers(
        task.examples.map { example in
          guard case .answers(let answers) = example.gold else { preconditionFailure("no answers") }
          return answers.map(\.text)
        }, allowsNone: task.allowsNoAnswer)
    }
  }

  /// A metric of predictions for the same examples.
  func estimate(_ metric: Metric, _ predictions: [Prediction], _ labels: LabelMap) -> Estimate {
    switch self {
    case .classes(let gold):
      metric.estimate(gold: gold, predicted: predictions.map(\.index))
    case .scores(let gold):
      metric.estimate(gold: gold, predicted: predictions.map(\.number))
    case .tags(let gold):
      metric.estimate(
        gold: gold, predicted: predictions.map { $0.tags.map { labels.names[$0] } })
    case .answers(let gold, let allowsNone):
      metric.estimate(
        gold: gold, answers: predictions.map(\.text), allowsNoAnswer: allowsNone)
    }
  }
}

extension Prediction {
  fileprivate var index: Int { if case .label(let index, _) = self { index } else { 0 } }
  fileprivate var tags: [Int] { if case .tags(let tags, _) = self { tags } else { [] } }
  fileprivate var text: String { if case .answer(let text) = self { text } else { "" } }

  fileprivate var number: Double {
    switch self {
    case .score(let value), .similarity(let value, _, _): value
    case .label, .tags, .answer: 0
    }
  }
}
