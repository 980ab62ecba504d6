import Tensors

/// The losses of a student against what a teacher says of the same examples, against what happens within it, and against labels.
package struct DistillationObjective: Objective {
  private let losses: DistillationLosses
  private let parts: Parts

  /// What of a teacher is learned from.
  package struct Parts {
    package var logits: LogitLosses?
    /// Of a transformer that learns.
    package var layers: LayerLosses?
    /// Of a BiLSTM student.
    package var projection: ProjectionLoss?

    package init() {}
  }

  /// - Precondition: what the losses read is there.
  package init(_ losses: DistillationLosses, from parts: Parts) {
    precondition(!losses.readsLogits || parts.logits != nil)
    precondition(!losses.readsLayers || parts.layers != nil || parts.projection != nil)
    self.losses = losses
    self.parts = parts
  }

  package var parameters: [TrainableParameter] {
    (parts.layers?.parameters ?? []) + (parts.projection?.parameters ?? [])
  }

  package func loss(
    of batch: TrainingBatch, _ model: TrainableModel, _ tape: Tape
  ) throws -> Node {
    let output = try model.forward(
      batch.sequences, tape,
      ForwardOptions(
        head: losses.trainsHead, hiddenStates: parts.layers?.readsStates ?? false,
        attention: parts.layers?.attention ?? .none))
    var terms = try parts.logits?.terms(output, batch.examples, tape) ?? []
    terms += try parts.layers?.terms(output, batch.examples, tape) ?? []
    if let term = try parts.projection?.term(output, batch.examples, tape) { terms.append(term) }
    if losses.hard > 0, let loss = try labelLoss(output, batch.targets, tape) {
      terms.append((losses.hard, loss))
    }
    // Nothing but labels counts, and a batch has none: it teaches nothing.
    guard !terms.isEmpty else { return Node(try tape.zero()) }
    return try tape.sum(terms)
  }

  /// The loss of the examples of which it is known what is right; nil if it is of none.
  private func labelLoss(
    _ output: ModelOutput, _ targets: Targets, _ tape: Tape
  ) throws -> Node? {
    switch targets {
    case .none: return nil
    case .classes(let classes), .tokens(let classes):
      guard classes.contains(where: { $0 != Targets.ignored }) else { return nil }
      return try tape.loss(output, against: targets)
    case .scores(let scores):
      let known = scores.indices.filter { scores[$0].isFinite }
      guard !known.isEmpty else { return nil }
      var output = output
      output.logits = try output.logits.map { try tape.rows(known, of: $0) }
      return try tape.loss(output, against: .scores(known.map { scores[$0] }))
    case .spans: return try tape.loss(output, against: targets)
    }
  }
}

extension Tape {
  fileprivate func zero() throws -> Matrix {
    let result = try matrix(rows: 1, columns: 1)
    result.start.pointee = 0
    return result
  }
}

extension TrainingExamples {
  /// Adds text of which nobody knows what is right.
  ///
  /// - Precondition: targets are not spans.
  package mutating func append(transfer: TrainingExamples) {
    switch targets {
    case .tokens:
      targets.append(
        .tokens([Int32](repeating: Targets.ignored, count: transfer.sequences.tokenCount)))
    case .scores:
      targets.append(.scores([Float](repeating: .nan, count: transfer.count)))
    case .none, .classes, .spans:
      targets.append(.classes([Int32](repeating: Targets.ignored, count: transfer.count)))
    }
    for index in 0..<transfer.count { sequences.append(transfer.sequences[index]) }
    wordStarts += transfer.wordStarts
    truncated += transfer.truncated
  }
}
