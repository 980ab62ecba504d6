import Checkpoints
import Encoders
import Recipes
import Tensors
import TestSupport
import Testing

@testable import Training

/// A model as it is trained: its forward pass, and the checkpoint that it becomes again.
@Suite struct TrainableModelTests {
  /// Within 1e-5 of the encoder's own forward pass, for composed storage too.
  @Test(
    arguments: [
      "albert--sequence-classification", "bert--sequence-classification",
      "distilbert--token-classification", "electra--masked-lm", "roberta--sequence-classification",
    ], [false, true])
  func givesWhatTheEncoderGives(_ name: String, _ isComposed: Bool) throws {
    let golden = try GoldenGradients(name)
    var checkpoint = try golden.checkpoint
    if isComposed { checkpoint = try checkpoint.composed() }
    try expectEncoders(checkpoint, golden.sequences)
  }

  @Test func layersMayDiffer() throws {
    let checkpoint = try Model.open(Places.sample("encoders/pruned")).checkpoint
    try expectEncoders(checkpoint, try GoldenGradients("bert--masked-lm").sequences)
  }

  private func expectEncoders(_ checkpoint: Checkpoint, _ sequences: [TokenSequence]) throws {
    let model = try TrainableModel(checkpoint)
    let tape = try Tape(threads: 2)
    for hiddenStates in [false, true] {
      let output = try model.forward(
        sequences, tape, ForwardOptions(dropout: false, hiddenStates: hiddenStates))
      let found = try #require(output.logits)
      let expected = try Session(Encoder(checkpoint, reading: .logits)).run(sequences)
        .flatMap(\.values)
      #expect(found.value.count == expected.count)
      let scale = max(1, expected.map(abs).max() ?? 0)
      for (found, expected) in zip(found.value.elements, expected) {
        #expect(abs(found - expected) <= 1e-5 * scale)
      }
    }
  }

  /// What was not trained comes back to the bit, in the storage that it had.
  @Test func becomesTheCheckpointAgain() throws {
    let before = try GoldenGradients("bert--sequence-classification").checkpoint.composed()
    let after = try TrainableModel(before).checkpoint()
    for (old, new) in zip(before.parameters, after.parameters) {
      #expect(old.role == new.role && old.name == new.name && old.shape == new.shape)
      #expect(new.storage.kind == (old.storage.kind == .quantized ? .dense : old.storage.kind))
      #expect(try old.storage.values(of: old.shape) == new.storage.values(of: new.shape))
      #expect(new.elementType == .f32)
    }
    let half = try TrainableModel(before).checkpoint(elementType: .f16)
    #expect(half.parameters.allSatisfy { $0.elementType == .f16 })
  }

  /// What is frozen gets no gradient, and nothing is remembered below the lowest that is trained.
  @Test func frozenParametersGetNoGradient() throws {
    let golden = try GoldenGradients("bert--sequence-classification")
    let model = try TrainableModel(try golden.checkpoint)
    for parameter in model.parameters {
      if case .head = parameter.id.role.module { continue }
      parameter.isFrozen = true
    }
    let tape = try Tape(threads: 1)
    let output = try model.forward(golden.sequences, tape, ForwardOptions(hiddenStates: true))
    #expect(output.hiddenStates.allSatisfy { !$0.needsGradient })
    try tape.backward(from: try golden.loss(of: output, tape))
    for parameter in model.parameters {
      #expect(parameter.denseGradient.contains { $0 != 0 } == !parameter.isFrozen)
    }
  }

  /// A loss on what every layer hands out reaches the embeddings; the gradients of two halves add up to that of the whole.
  @Test func gradientsAddUp() throws {
    let golden = try GoldenGradients("bert--masked-lm")
    func gradient(_ scales: [Float]) throws -> [[Float]] {
      let model = try TrainableModel(try golden.checkpoint)
      let tape = try Tape(threads: 1)
      for scale in scales {
        let output = try model.forward(
          golden.sequences, tape, ForwardOptions(dropout: false, head: false, attention: .scores))
        let terms = try output.attention.map { scores in
          let zero = try tape.matrix(rows: 1, columns: scores.columns)
          zero.elements.update(repeating: 0)
          return (weight: Float(1), node: try tape.squaredError(scores, from: zero))
        }
        try tape.backward(from: try tape.sum(terms), scale: scale)
      }
      return model.parameters.map(\.denseGradient)
    }
    for (whole, halves) in zip(try gradient([1]), try gradient([0.5, 0.5])) {
      let scale = max(1, whole.map(abs).max() ?? 0)
      for (whole, halves) in zip(whole, halves) { #expect(abs(whole - halves) <= 1e-5 * scale) }
    }
  }

  @Test func freshHeadsFit() throws {
    let base = try Model.open(Places.sample("encoders/bert/masked-lm")).checkpoint
    let labelled = try base.withHead(
      .sequenceClassification, labels: ["a", "b", "c", "d"], seed: 1)
    #expect(labelled.parameter(.init(.head(.classifier), .weight))?.shape == [4, 24])
    #expect(labelled.parameter(.init(.head(.maskedTransform), .weight)) == nil)
    #expect(labelled.configuration?.labels == ["a", "b", "c", "d"])
    #expect(labelled.configuration?.architecture == "BertForSequenceClassification")
    let model = try TrainableModel(labelled)
    let output = try model.forward([TokenSequence(ids: [1, 2, 3])], try Tape(threads: 1))
    #expect(output.logits?.columns == 4)
    let values = try labelled.parameter(.init(.pooler, .weight))!.storage.values(of: [24, 24])
    let deviation = values.reduce(Float(0)) { $0 + $1 * $1 } / Float(values.count)
    #expect(abs(deviation.squareRoot() - 0.02) < 0.003)
    let again = try labelled.withHead(
      .sequenceClassification, labels: ["w", "x", "y", "z"], seed: 2)
    #expect(try again.parameter(.init(.pooler, .weight))!.storage.values(of: [24, 24]) == values)
  }

  @Test func refusesWhatCannotBeLearnedFrom() throws {
    let model = try TrainableModel(try GoldenGradients("bert--masked-lm").checkpoint)
    let tape = try Tape(threads: 1)
    for ids in [[], [-1], [40], [Int32](repeating: 5, count: 25)] as [[Int32]] {
      #expect(throws: Failure.self) { try model.forward([TokenSequence(ids: ids)], tape) }
    }
    #expect(throws: Failure.self) {
      try model.forward([TokenSequence(ids: [5], types: [2])], tape)
    }
  }
}

extension Checkpoint {
  /// The same shapes in every kind of storage: factors, survivors of masks, sums and codes, worked out from the values.
  func composed() throws -> Checkpoint {
    var result = self
    for (index, parameter) in parameters.enumerated() {
      guard parameter.role.kind == .weight, parameter.shape.rank == 2,
        parameter.storage.kind == .dense
      else { continue }
      let (rows, columns) = (parameter.shape[0], parameter.shape[1])
      let values = try parameter.storage.values(of: parameter.shape)
      func dense(_ rows: Int, _ columns: Int) -> Storage {
        .dense(singles((0..<(rows * columns)).map { values[$0 % values.count] }, [rows, columns]))
      }
      let factors = Storage.factorized(left: dense(rows, 3), right: dense(3, columns))
      let kept = values.indices.map { UInt8($0 % 3 == 0 ? 0 : 1) }
      let mask = Mask(
        kept: Tensor(.bool, parameter.shape, source: MemorySource(kept)),
        denseShape: parameter.shape)
      let survivors = values.indices.filter { kept[$0] == 1 }.map { values[$0] }
      let sparse = Storage.sparse(mask: mask, values: .dense(singles(survivors, [survivors.count])))
      let codes = Tensor(
        .i8, parameter.shape, source: MemorySource(values.indices.map { UInt8($0 % 50) }))
      let storage: Storage =
        switch parameter.role.module {
        case .embedding(.word), .layer(_, .query): factors
        case .layer(_, .key), .embedding(.position): sparse
        case .layer(_, .value): .sum(factors, sparse)
        case .layer(_, .intermediate):
          .quantized(
            codes: codes,
            scheme: .rowStep(steps: singles([Float](repeating: 0.01, count: rows), [rows])))
        case .layer(_, .output): .factorized(left: dense(rows, 2), right: sparse2(2, columns))
        default: parameter.storage
        }
      result.parameters[index] = parameter.holding(storage)
    }
    return result
  }

  private func sparse2(_ rows: Int, _ columns: Int) -> Storage {
    let kept = (0..<(rows * columns)).map { UInt8($0 % 2) }
    let mask = Mask(
      kept: Tensor(.bool, [rows, columns], source: MemorySource(kept)), denseShape: [rows, columns])
    let count = kept.count { $0 == 1 }
    return .sparse(
      mask: mask, values: .dense(singles((0..<count).map { Float($0 % 7) / 8 }, [count])))
  }

  private func singles(_ values: [Float], _ shape: Shape) -> Tensor {
    Tensor(.f32, shape, source: MemorySource(values.withUnsafeBytes { [UInt8]($0) }))
  }
}
