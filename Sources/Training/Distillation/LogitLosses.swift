import Glibc
import Tensors

/// The losses of a student's logits against those of a teacher: of examples, of tokens, or of the two ends of answers, whose
/// classes are the tokens of a sequence.
package struct LogitLosses {
  private let losses: DistillationLosses
  private let teacher: TeacherOutputs
  private let matching: OutputMatching
  private let areSpans: Bool

  /// - Parameter areSpans: whether logits are of being the first and the last token of an answer.
  package init(
    _ losses: DistillationLosses, of teacher: TeacherOutputs, _ matching: OutputMatching,
    areSpans: Bool = false
  ) {
    self.losses = losses
    self.teacher = teacher
    self.matching = matching
    self.areSpans = areSpans
  }

  func terms(
    _ output: ModelOutput, _ examples: [Int], _ tape: Tape
  ) throws -> [(weight: Float, node: Node)] {
    guard let all = output.logits else { preconditionFailure("a model without a head") }
    let rows = matching.rows(of: examples, output.ranges)
    guard !rows.teacher.isEmpty else { return [] }
    let logits = try rows.student.map { try tape.rows($0, of: all) } ?? all
    let target = try teacher.rows(rows.teacher, tape)
    var terms: [(weight: Float, node: Node)] = []
    if losses.soft + losses.divergence > 0 {
      terms += try distributionTerms(
        try byClass(logits, output.ranges, tape),
        try byClass(Node(target), output.ranges, tape).value, tape)
    }
    if losses.logits > 0 {
      terms.append((losses.logits, try tape.squaredError(logits, from: target)))
    }
    if losses.logitOfProbability > 0 {
      let probabilities = try softmax(
        try byClass(Node(target), output.ranges, tape).value, tape)
      let wanted = try tape.logits(
        ofProbabilities: areSpans
          ? try tape.tokenRows(probabilities, of: output.ranges) : probabilities)
      terms.append((losses.logitOfProbability, try tape.squaredError(logits, from: wanted)))
    }
    return terms
  }

  private func distributionTerms(
    _ logits: Node, _ target: Matrix, _ tape: Tape
  ) throws -> [(weight: Float, node: Node)] {
    var terms: [(weight: Float, node: Node)] = []
    if losses.soft > 0 {
      let probabilities = try softmax(target, tape)
      terms.append((losses.soft, try tape.crossEntropy(logits, probabilities: probabilities)))
    }
    if losses.divergence > 0 {
      let divergence = try tape.divergence(logits, from: target, temperature: losses.temperature)
      terms.append((losses.divergence, divergence))
    }
    return terms
  }

  /// A row for each choice that is made, and a column for each that can be.
  private func byClass(_ x: Node, _ ranges: [Range<Int>], _ tape: Tape) throws -> Node {
    areSpans ? try tape.spanRows(x, of: ranges) : x
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
