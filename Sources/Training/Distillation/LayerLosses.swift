import Tensors

/// The losses of a student's layers against those of a teacher that reads the same tokens beside it.
///
/// The layers are paired anew for the model of each call, so that a student may lose some on the way. One map serves all layers
/// whose widths differ from the teacher's, as in TinyBERT, and another the embeddings.
package struct LayerLosses {
  private let losses: DistillationLosses
  private let teacher: FrozenTeacher
  private let hiddenMap: WidthMap?
  private let embeddingMap: WidthMap?

  /// - Parameters:
  ///   - width: of the student's layers.
  ///   - seed: of what maps of widths begin with.
  package init(
    _ losses: DistillationLosses, of teacher: FrozenTeacher, width: Int, seed: UInt64
  ) throws {
    self.losses = losses
    self.teacher = teacher
    let differ = width != teacher.hidden
    hiddenMap =
      differ && losses.hidden > 0
      ? try WidthMap(.hiddenStates, from: width, to: teacher.hidden, seed: seed) : nil
    embeddingMap =
      differ && losses.embeddings > 0
      ? try WidthMap(.embeddings, from: width, to: teacher.hidden, seed: seed) : nil
  }

  var parameters: [TrainableParameter] {
    (hiddenMap?.parameters ?? []) + (embeddingMap?.parameters ?? [])
  }

  var readsStates: Bool { losses.hidden + losses.embeddings > 0 }

  var attention: AttentionReading {
    guard losses.attention > 0 else { return .none }
    return losses.attentionOf == .scores ? .scores : .probabilities
  }

  /// - Parameter output: of the student, with the states and the attention that are read.
  func terms(
    _ output: ModelOutput, _ examples: [Int], _ tape: Tape
  ) throws -> [(weight: Float, node: Node)] {
    let target = try teacher.output(
      for: examples, tape, hiddenStates: readsStates, attention: attention)
    var terms: [(weight: Float, node: Node)] = []
    if losses.embeddings > 0 {
      terms.append(
        (
          losses.embeddings,
          try error(output.hiddenStates[0], target.hiddenStates[0], embeddingMap, tape)
        ))
    }
    let layers = max(output.hiddenStates.count - 1, output.attention.count)
    guard losses.hidden + losses.attention > 0 else { return terms }
    for pair in try losses.layers.pairs(student: layers, teacher: teacher.layers) {
      if losses.hidden > 0 {
        let states = (
          output.hiddenStates[pair.student + 1], target.hiddenStates[pair.teacher + 1]
        )
        terms.append((losses.hidden, try error(states.0, states.1, hiddenMap, tape)))
      }
      if losses.attention > 0 {
        let node = try attentionError(
          output.attention[pair.student], target.attention[pair.teacher], output.ranges, tape)
        terms.append((losses.attention, node))
      }
    }
    return terms
  }

  private func error(_ x: Node, _ target: Node, _ map: WidthMap?, _ tape: Tape) throws -> Node {
    let mapped = try map?(x, tape) ?? x
    guard mapped.columns == target.columns else {
      throw Failure(DistillationReason.width(mapped.columns, expected: target.columns))
    }
    return try tape.squaredError(mapped, from: target.value)
  }

  private func attentionError(
    _ x: Node, _ target: Node, _ ranges: [Range<Int>], _ tape: Tape
  ) throws -> Node {
    guard x.columns != target.columns else { return try tape.squaredError(x, from: target.value) }
    let tokens = ranges.reduce(0) { $0 + $1.count * $1.count }
    func means(_ x: Node) throws -> Node {
      try tape.headMeans(x, heads: x.columns / max(1, tokens), of: ranges)
    }
    return try tape.squaredError(try means(x), from: try means(target).value)
  }
}
