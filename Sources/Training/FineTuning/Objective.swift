import Tensors

/// What a training makes small: a scalar for a batch.
package protocol Objective {
  /// What is trained beside the model and given up with the run, such as maps from a student's width to its teacher's: each with an
  /// ID that no parameter of a model has, and the same each time.
  var parameters: [TrainableParameter] { get }

  /// - Throws: ``Failure`` if a sequence cannot be read, or there is no memory.
  func loss(of batch: TrainingBatch, _ model: TrainableModel, _ tape: Tape) throws -> Node
}

extension Objective {
  package var parameters: [TrainableParameter] { [] }
}

/// The loss against what is right.
package struct LabelObjective: Objective {
  /// The share of a label that is spread over all classes (Szegedy et al., 2016).
  package var smoothing: Double

  package init(smoothing: Double = 0) { self.smoothing = smoothing }

  package func loss(
    of batch: TrainingBatch, _ model: TrainableModel, _ tape: Tape
  ) throws -> Node {
    let output = try model.forward(batch.sequences, tape)
    return try tape.loss(output, against: batch.targets, smoothing: Float(smoothing))
  }
}

extension Tape {
  /// The loss of a model's logits against what is right for a batch: the mean cross-entropy of classes and of tokens' classes, the mean
  /// squared error of scores, the mean of both ends' cross-entropies of answers.
  ///
  /// - Precondition: targets are of the kind that the head gives.
  package func loss(
    _ output: ModelOutput, against targets: Targets, smoothing: Float = 0
  ) throws -> Node {
    guard let logits = output.logits else { preconditionFailure("a model without a head") }
    switch targets {
    case .classes(let labels), .tokens(let labels):
      return try crossEntropy(logits, labels: labels, smoothing: smoothing)
    case .scores(let scores):
      let target = try matrix(rows: scores.count, columns: 1)
      for (index, score) in scores.enumerated() { target.start[index] = score }
      return try squaredError(logits, from: target)
    case .spans(let spans):
      return try spanLoss(
        logits, spans: spans.map { (Int($0.start), Int($0.end)) }, of: output.ranges)
    case .none: preconditionFailure("nothing is right for transfer text")
    }
  }
}
