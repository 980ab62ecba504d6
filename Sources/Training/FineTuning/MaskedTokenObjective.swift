import Glibc

/// The mean cross-entropy of the tokens that were hidden (Devlin et al., 2019). The head reads these alone.
package struct MaskedTokenObjective: Objective {
  /// The share of a token that is spread over all tokens.
  package var smoothing: Double

  package init(smoothing: Double = 0) { self.smoothing = smoothing }

  package func loss(
    of batch: TrainingBatch, _ model: TrainableModel, _ tape: Tape
  ) throws -> Node {
    try loss(of: batch, model, tape, ForwardOptions()).mean
  }

  /// - Returns: also how many tokens were hidden, over which the loss is the mean; of none it is 0.
  func loss(
    of batch: TrainingBatch, _ model: TrainableModel, _ tape: Tape, _ options: ForwardOptions
  ) throws -> (mean: Node, count: Int) {
    guard case .tokens(let labels) = batch.targets else { preconditionFailure("nothing is hidden") }
    let hidden = labels.indices.filter { labels[$0] != Targets.ignored }
    var options = options
    // A text of special tokens alone hides none; a matrix without rows is none.
    options.headTokens = hidden.isEmpty ? [0] : hidden
    guard let logits = try model.forward(batch.sequences, tape, options).logits else {
      preconditionFailure("a model without a head")
    }
    let wanted = hidden.isEmpty ? [Targets.ignored] : hidden.map { labels[$0] }
    return (
      try tape.crossEntropy(logits, labels: wanted, smoothing: Float(smoothing)), hidden.count
    )
  }
}

/// How well a model finds hidden tokens of text that it is not trained on.
package struct MaskedTokenEvaluation: Sendable, Equatable {
  /// The mean cross-entropy of the hidden tokens; undefined where there are none.
  package let loss: Double
  package let tokens: Int

  /// Of how many tokens the model is in doubt, as it were: the exponential of the loss.
  package var perplexity: Double { exp(loss) }

  /// Hides the same tokens of the same text every time, whatever a run's seed is.
  package static let seed: UInt64 = 0

  /// - Throws: ``Failure`` if a sequence cannot be read, or there is no memory.
  package init(
    of model: TrainableModel, on examples: TrainingExamples, batchSize: Int, threads: Int
  ) throws {
    let lengths = examples.sequences.lengths
    let order = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
    let tape = try Tape(threads: threads)
    let objective = MaskedTokenObjective()
    var (sum, count) = (0.0, 0)
    for part in parts(of: order.count, by: batchSize) {
      let batch = examples.batch(Array(order[part]), epoch: 0, seed: Self.seed)
      let own = try tape.withoutRecording {
        try objective.loss(of: batch, model, tape, ForwardOptions(dropout: false))
      }
      sum += Double(own.mean.scalar) * Double(own.count)
      count += own.count
    }
    loss = count > 0 ? sum / Double(count) : .nan
    tokens = count
  }
}
