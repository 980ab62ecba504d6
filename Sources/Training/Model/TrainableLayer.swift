import Checkpoints
import Kernels

/// A transformer layer that is trained, normalized after each branch (Vaswani et al., 2017).
struct TrainableLayer {
  let query: TrainableLinear
  let key: TrainableLinear
  let value: TrainableLinear
  let attentionOutput: TrainableLinear
  let attentionNorm: TrainableNorm
  let intermediate: TrainableLinear
  let output: TrainableLinear
  let outputNorm: TrainableNorm
  let heads: Int
  let width: Int
  let activation: ActivationFunction

  /// The probabilities with which a layer drops numbers.
  struct DropoutProbabilities {
    var attention: Float = 0
    var attentionOutput: Float = 0
    var output: Float = 0
  }

  /// - Parameter selected: the rows that are gone on with, one for each sequence; nil for all.
  func callAsFunction(
    _ x: Node, ranges: [Range<Int>], selected: [Int]?, _ probabilities: DropoutProbabilities,
    reading: AttentionReading, _ tape: Tape
  ) throws -> (x: Node, attention: Node?) {
    let rows = try selected.map { try tape.rows($0, of: x) } ?? x
    let shape = AttentionShape(
      heads: heads, headWidth: width / heads,
      queries: selected == nil ? ranges : ranges.indices.map { $0..<($0 + 1) }, keys: ranges)
    let attended = try tape.attention(
      try query(rows, tape), try key(x, tape), try value(x, tape), shape,
      probability: probabilities.attention, reading: reading)
    let first = try attentionNorm(
      try attentionOutput(attended.context, tape), adding: rows,
      dropout: probabilities.attentionOutput, tape)
    let inner = try tape.activation(activation, try intermediate(first, tape))
    let second = try outputNorm(
      try output(inner, tape), adding: first, dropout: probabilities.output, tape)
    return (second, attended.scores ?? attended.probabilities)
  }
}
