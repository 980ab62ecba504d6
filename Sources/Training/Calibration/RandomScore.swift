import Checkpoints
import Tensors

/// What a model gives, as one number: its scores, each with a random sign; of a model without scores the mean of a text's last states.
struct RandomScore {
  private let seed: UInt64
  private let hasScores: Bool

  init(for head: Head, seed: UInt64) {
    self.seed = seed
    switch head {
    case .sequenceClassification, .tokenClassification, .questionAnswering: hasScores = true
    default: hasScores = false
    }
  }

  var options: ForwardOptions {
    var options = ForwardOptions(dropout: false)
    options.head = hasScores
    return options
  }

  /// - Parameter examples: the indices of the sequences that the output is of.
  /// - Throws: ``Failure`` if the model gives neither scores nor states.
  func sum(of output: ModelOutput, examples: [Int], _ tape: Tape) throws -> Node {
    guard let values = hasScores ? output.logits : output.last else {
      throw Failure(CalibrationReason.head(.none))
    }
    let signs = try tape.matrix(rows: values.rows, columns: values.columns)
    let isPerToken = values.rows != output.ranges.count
    for (place, range) in output.ranges.enumerated() {
      var generator = KeyedGenerator(seed, UInt64(examples[place]), 6)
      let rows = isPerToken ? range : place..<(place + 1)
      // A mean takes the same signs for all of its tokens.
      let common = hasScores ? nil : row(values.columns, 1 / Float(range.count), &generator)
      for row in rows {
        let own = common ?? self.row(values.columns, 1, &generator)
        for column in 0..<values.columns { signs.row(row)[column] = own[column] }
      }
    }
    return try tape.weightedSum(values, signs)
  }

  private func row(
    _ count: Int, _ size: Float, _ generator: inout KeyedGenerator
  ) -> [Float] {
    (0..<count).map { _ in generator.below(2) == 0 ? size : -size }
  }
}
