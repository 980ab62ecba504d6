import Glibc
import Tensors

/// The losses of a student against what a teacher says of the same examples, against what happens within it, and against labels.
package struct DistillationObjective: Objective {
  private let losses: DistillationLosses
  /// Nil where no logits are learned from.
  private let logits: TeacherOutputs?
  /// Nil where nothing within the teacher is learned from.
  private let layers: LayerLosses?

  /// - Precondition: logits and layers are there if the losses read them.
  package init(
    _ losses: DistillationLosses, from logits: TeacherOutputs?, layers: LayerLosses? = nil
  ) {
    precondition(!losses.readsLogits || logits != nil)
    precondition(!losses.readsLayers || layers != nil)
    self.losses = losses
    self.logits = logits
    self.layers = layers
  }

  package var parameters: [TrainableParameter] { layers?.parameters ?? [] }

  package func loss(
    of batch: TrainingBatch, _ model: TrainableModel, _ tape: Tape
  ) throws -> Node {
    let output = try model.forward(
      batch.sequences, tape,
      ForwardOptions(
        head: losses.trainsHead, hiddenStates: layers?.readsStates ?? false,
        attention: layers?.attention ?? .none))
    var terms: [(weight: Float, node: Node)] = []
    if losses.hard > 0, batch.targets.areKnown {
      terms.append((losses.hard, try tape.loss(output, against: batch.targets)))
    }
    if let logits, losses.readsLogits {
      terms += try logitTerms(output, try logits.rows(batch.examples, tape), tape)
    }
    if let layers { terms += try layers.terms(output, batch.examples, tape) }
    // Nothing but labels counts, and a batch has none: it teaches nothing.
    guard !terms.isEmpty else { return Node(try tape.zero()) }
    return try tape.sum(terms)
  }

  private func logitTerms(
    _ output: ModelOutput, _ target: Matrix, _ tape: Tape
  ) throws -> [(weight: Float, node: Node)] {
    guard let logits = output.logits else { preconditionFailure("a model without a head") }
    var terms: [(weight: Float, node: Node)] = []
    if losses.soft > 0 {
      let probabilities = try softmax(target, tape)
      terms.append((losses.soft, try tape.crossEntropy(logits, probabilities: probabilities)))
    }
    if losses.divergence > 0 {
      terms.append(
        (
          losses.divergence,
          try tape.divergence(logits, from: target, temperature: losses.temperature)
        ))
    }
    if losses.logits > 0 {
      terms.append((losses.logits, try tape.squaredError(logits, from: target)))
    }
    if losses.logitOfProbability > 0 {
      let wanted = try tape.logits(ofProbabilities: softmax(target, tape))
      terms.append((losses.logitOfProbability, try tape.squaredError(logits, from: wanted)))
    }
    return terms
  }

  private func softmax(_ logits: Matrix, _ tape: Tape) throws -> Matrix {
    let result = try tape.matrix(rows: logits.rows, columns: logits.columns)
    for row in 0..<logits.rows {
      let (input, output) = (logits.row(row), result.row(row))
      let greatest = (0..<logits.columns).reduce(-Float.infinity) { max($0, input[$1]) }
      var sum: Float = 0
      for column in 0..<logits.columns {
        output[column] = exp(input[column] - greatest)
        sum += output[column]
      }
      for column in 0..<logits.columns { output[column] /= sum }
    }
    return result
  }
}

extension Tape {
  fileprivate func zero() throws -> Matrix {
    let result = try matrix(rows: 1, columns: 1)
    result.start.pointee = 0
    return result
  }
}

extension Targets {
  /// Whether anything is right for any of the sequences.
  fileprivate var areKnown: Bool {
    switch self {
    case .none: false
    case .classes(let classes), .tokens(let classes): classes.contains { $0 != Self.ignored }
    case .scores(let scores): scores.allSatisfy(\.isFinite)
    case .spans: true
    }
  }
}

extension TrainingExamples {
  /// Adds text of which nobody knows what is right.
  ///
  /// - Precondition: targets are classes, or there are none.
  package mutating func append(transfer: TrainingExamples) {
    for index in 0..<transfer.count { sequences.append(transfer.sequences[index]) }
    truncated += transfer.truncated
    targets.append(.classes([Int32](repeating: Targets.ignored, count: transfer.count)))
  }
}
