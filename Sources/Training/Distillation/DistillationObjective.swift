import Glibc
import Tensors

/// Losses of a student's logits against those of a teacher for the same examples, and against labels.
package struct DistillationObjective: Objective {
  private let teacher: TeacherOutputs
  private let losses: DistillationLosses

  package init(_ losses: DistillationLosses, from teacher: TeacherOutputs) {
    self.losses = losses
    self.teacher = teacher
  }

  package func loss(
    of batch: TrainingBatch, _ model: TrainableModel, _ tape: Tape
  ) throws -> Node {
    let output = try model.forward(batch.sequences, tape)
    guard let logits = output.logits else { preconditionFailure("a model without a head") }
    let target = try teacher.rows(batch.examples, tape)
    var terms: [(weight: Float, node: Node)] = []
    if losses.hard > 0, batch.targets.areKnown {
      terms.append((losses.hard, try tape.loss(output, against: batch.targets)))
    }
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
    // Nothing but labels counts, and a batch has none: it teaches nothing.
    if terms.isEmpty { terms.append((0, try tape.squaredError(logits, from: target))) }
    return try tape.sum(terms)
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
