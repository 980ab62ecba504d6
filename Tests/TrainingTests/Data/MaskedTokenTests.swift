import Encoders
import Foundation
import Recipes
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Training

/// Learning the hidden tokens of plain text.
@Suite struct MaskedTokenTests {
  private let folder = try! TemporaryFolder()
  private let lines = [
    "the film was very good .", "bad acting and a dull plot !", "it was not great", "a good movie",
    "this movie is unbelievably long", "a bore , a bore", "the plot acts", "good , bad , fun",
  ]

  private func examples() throws -> TrainingExamples {
    let path = try folder.file("text.txt", Array(lines.joined(separator: "\n").utf8))
    return try TrainingExamples(
      maskedText: path, Tokenizer(folder: Places.sample("bert-tiny")), limit: 24, threads: 1)
  }

  /// Of some, no, and many rows the head makes the loss and the gradients that it makes of all.
  @Test(arguments: [0.0, 0.2]) func whatIsNotHiddenNeedsNoHead(_ smoothing: Double) throws {
    let checkpoint = try Model.open(Places.sample("bert-tiny")).checkpoint
    let examples = try examples()
    let batch = examples.batch(Array(0..<examples.count), epoch: 3, seed: 1)
    func run(_ objective: any Objective) throws -> (loss: Float, gradients: [[Float]]) {
      let model = try TrainableModel(checkpoint)
      let tape = try Tape(threads: 2, seed: 5)
      tape.begin(step: 1)
      let loss = try objective.loss(of: batch, model, tape)
      try tape.backward(from: loss)
      return (loss.scalar, model.parameters.map(\.denseGradient))
    }
    let all = try run(LabelObjective(smoothing: smoothing))
    let hidden = try run(MaskedTokenObjective(smoothing: smoothing))
    #expect(abs(all.loss - hidden.loss) <= 1e-5 * all.loss)
    for (left, right) in zip(all.gradients, hidden.gradients) {
      // Nothing but rounding is left of a key's bias, to which softmax is blind.
      let scale = max(left.map(abs).max() ?? 0, 1e-2)
      #expect(zip(left, right).allSatisfy { abs($0 - $1) <= 1e-5 * scale })
    }
  }

  /// The mean over all hidden tokens of the loss that the encoder's own forward pass gives.
  @Test func theEvaluationIsTheEncoders() throws {
    let checkpoint = try Model.open(Places.sample("bert-tiny")).checkpoint
    let examples = try examples()
    let model = try TrainableModel(checkpoint)
    let found = try MaskedTokenEvaluation(of: model, on: examples, batchSize: 3, threads: 1)
    for (batchSize, threads) in [(3, 2), (1, 1), (100, 3)] {
      let other = try MaskedTokenEvaluation(
        of: model, on: examples, batchSize: batchSize, threads: threads)
      #expect(other.tokens == found.tokens && abs(other.loss - found.loss) < 1e-6)
      #expect(batchSize != 3 || other == found)
    }
    let encoder = try Encoder(checkpoint, reading: .logitsOf(.maskedLanguageModel))
    let batch = examples.batch(
      Array(0..<examples.count), epoch: 0, seed: MaskedTokenEvaluation.seed)
    guard case .tokens(let labels) = batch.targets else { throw Failure(TrainingDataReason.noText) }
    let rows = try encoder.outputs(for: batch.sequences, threads: 1)
      .flatMap { output in (0..<output.rows).map { output[$0].map(Double.init) } }
    let losses = zip(rows, labels).filter { $1 != Targets.ignored }.map { row, label in
      log(row.reduce(0) { $0 + exp($1) }) - row[Int(label)]
    }
    #expect(losses.count == found.tokens && found.tokens >= lines.count)
    let mean = losses.reduce(0, +) / Double(losses.count)
    #expect(abs(found.loss - mean) < 1e-4 && found.perplexity == exp(found.loss))
  }

  @Test func aTextOfSpecialTokensHidesNone() throws {
    let path = try folder.file("unknown.txt", Array("zzz\nzzz zzz\n".utf8))
    let examples = try TrainingExamples(
      maskedText: path, Tokenizer(folder: Places.sample("bert-tiny")), limit: 24, threads: 1)
    let model = try TrainableModel(Model.open(Places.sample("bert-tiny")).checkpoint)
    let tape = try Tape(threads: 1)
    let loss = try MaskedTokenObjective().loss(
      of: examples.batch([0, 1], epoch: 0, seed: 0), model, tape)
    #expect(loss.scalar == 0)
    try tape.backward(from: loss)
    let found = try MaskedTokenEvaluation(of: model, on: examples, batchSize: 2, threads: 1)
    #expect(found.tokens == 0 && found.loss.isNaN)
  }

  @Test func someExamplesAreHeldBack() throws {
    let examples = try examples()
    let parts = try examples.divided(validation: 0.25, seed: 3, path: "text.txt")
    #expect(parts.training.count == 6 && parts.validation.count == 2)
    let all = (0..<examples.count).map { examples.sequences[$0].ids }
    let divided =
      (0..<6).map { parts.training.sequences[$0].ids }
      + (0..<2).map { parts.validation.sequences[$0].ids }
    #expect(Set(all) == Set(divided) && parts.validation.masking != nil)
    for (share, count) in [(0.0, 1), (1.0, 7)] {
      let parts = try examples.divided(validation: share, seed: 3, path: "text.txt")
      #expect(parts.validation.count == count)
    }
    let failure = try #require(throws: Failure.self) {
      try examples.taking([0]).divided(validation: 0.5, seed: 3, path: "text.txt")
    }
    #expect("\(failure)" == "text.txt: has 1 example, but at least 2 are needed")
  }
}
