import Checkpoints
import Encoders
import Tasks
import Tensors

/// How far a model is from what it was, on text from which nothing else was measured.
struct HeldOutLoss: Sendable {
  private(set) var sequences: [TokenSequence]
  /// Of each text, in tokens of the model as it was.
  private let lengths: [Int]
  let reading: Reading
  private let reference: [EncoderOutput]
  let threads: Int
  /// Whether rows of results are scores of classes.
  private let hasClasses: Bool
  /// Whether a text gives one result, and not each of its tokens.
  let isOfTexts: Bool

  /// What came of a model.
  struct Result: Sendable {
    /// What is sought to be least: the mean over tokens of the text of T² · KL(before ‖ after) at the temperature T, of models without
    /// classes of the squared error of scores, or of one less the cosine of sentences' vectors.
    ///
    /// A model is surer of text that it was trained on than of any other, and so hardly moved by errors there; a temperature shows how far its scores
    /// have moved all the same, and texts count by their length since short ones say less of what long ones need.
    var loss: Double
    /// The mean of KL(before ‖ after) in nats over texts, or over tokens where each has a label; nil of models without classes.
    var divergence: Double?
    /// The share of decisions that are the same; nil where there are none.
    var agreement: Double?
  }

  /// Runs the model as it was.
  init(of checkpoint: Checkpoint, on sequences: [TokenSequence], threads: Int) throws {
    self.sequences = sequences
    lengths = sequences.map(\.count)
    self.threads = threads
    let head = checkpoint.architecture.head
    isOfTexts = head != .tokenClassification && head != .questionAnswering
    switch head {
    case .sequenceClassification, .tokenClassification: (reading, hasClasses) = (.logits, true)
    case .questionAnswering: (reading, hasClasses) = (.logits, false)
    default: (reading, hasClasses) = (.sentence(Pooling([.mean], normalizes: true)), false)
    }
    reference = try Encoder(checkpoint, reading: reading, threads: threads)
      .outputs(for: sequences, threads: threads)
  }

  /// The same texts, as another vocabulary cuts them.
  ///
  /// - Precondition: a text gives one result.
  func reading(_ sequences: [TokenSequence]) -> HeldOutLoss {
    var result = self
    result.sequences = sequences
    return result
  }

  /// Runs a model in its place.
  func measure(_ checkpoint: Checkpoint) throws -> Result {
    let encoder = try Encoder(checkpoint, reading: reading, threads: threads)
    let outputs = try encoder.outputs(for: sequences, threads: threads)
    let columns = encoder.columns
    guard reading == .logits else { return Result(loss: mean(outputs, Self.angle)) }
    guard hasClasses, columns > 1 else { return Result(loss: mean(outputs, Self.squaredError)) }
    let loss = mean(outputs) { after, before in
      Self.temperature * Self.temperature
        * meanDivergence(
          of: Self.cooled(after.values), from: Self.cooled(before.values), classes: columns)
    }
    let divergences = zip(outputs, reference).map {
      meanDivergence(of: $0.values, from: $1.values, classes: columns)
    }
    return Result(
      loss: loss, divergence: divergences.reduce(0, +) / Double(max(1, divergences.count)),
      agreement: agreement(of: outputs))
  }

  private static let temperature = 4.0

  private static func cooled(_ scores: [Float]) -> [Float] {
    scores.map { $0 / Float(temperature) }
  }

  /// Texts count by their length.
  private func mean(
    _ outputs: [EncoderOutput], _ distance: (EncoderOutput, EncoderOutput) -> Double
  ) -> Double {
    var (sum, total) = (0.0, 0.0)
    for (index, length) in lengths.enumerated() {
      sum += Double(length) * distance(outputs[index], reference[index])
      total += Double(length)
    }
    return sum / max(1, total)
  }

  private static func squaredError(_ after: EncoderOutput, _ before: EncoderOutput) -> Double {
    let sum = zip(after.values, before.values).reduce(0.0) {
      $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1))
    }
    return sum / Double(max(1, after.values.count))
  }

  private static func angle(_ after: EncoderOutput, _ before: EncoderOutput) -> Double {
    1 - cosine(after.values, before.values)
  }

  private func agreement(of outputs: [EncoderOutput]) -> Double {
    var (equal, count) = (0, 0)
    for (after, before) in zip(outputs, reference) {
      for row in 0..<after.rows {
        count += 1
        equal += greatest(after[row]) == greatest(before[row]) ? 1 : 0
      }
    }
    return Double(equal) / Double(max(1, count))
  }

  private func greatest(_ scores: ArraySlice<Float>) -> Int {
    (scores.indices.max { scores[$0] < scores[$1] } ?? 0) - scores.startIndex
  }
}

extension HeldOutLoss.Result {
  /// As ``TrialLog`` keeps them, NaN for what there is not.
  var numbers: [Double] { [loss, divergence ?? .nan, agreement ?? .nan] }

  init(numbers: some Collection<Double>) {
    let known = numbers.map { $0.isNaN ? nil : $0 } + [nil, nil, nil]
    (loss, divergence, agreement) = (known[0] ?? .infinity, known[1], known[2])
  }
}
