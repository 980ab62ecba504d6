import Checkpoints
import Recipes
import Testing

/// The goldens themselves: what a test may count on.
@Suite struct GoldenModelTests {
  @Test(arguments: GoldenModel.samples + GoldenModel.lively)
  func everyGoldenHasSequencesAndOutputs(_ name: String) throws {
    let golden = try GoldenModel(name)
    #expect(golden.sequences.count >= 4)
    for sequence in golden.sequences {
      #expect(sequence.hidden.allSatisfy { $0.count == sequence.tokens.count })
      let outputs = [
        sequence.logits ?? [], sequence.predictions ?? [], [sequence.start ?? []],
        [sequence.pooled ?? []], [sequence.relationship ?? []], sequence.hidden.first ?? [],
      ]
      #expect(outputs.contains { !$0.isEmpty && !$0[0].isEmpty })
      #expect(outputs.joined().joined().allSatisfy { $0.isFinite })
    }
  }

  @Test(arguments: GoldenModel.families)
  func everyFamilyIsRunToItsLastPosition(_ family: String) throws {
    let golden = try GoldenModel("encoders/\(family)/model")
    #expect(golden.sequences.map(\.tokens.count) == [1, 3, 7, 16, 17, 23, 24])
    #expect(golden.sequences.allSatisfy { $0.hidden.count == (family == "albert" ? 9 : 3) })
  }

  @Test(arguments: GoldenCompression.variants)
  func everyMatrixOfTheEncoderIsCompressed(_ variant: String) throws {
    let golden = try GoldenCompression(variant)
    #expect(golden.sequences.map(\.tokens.count) == [7, 17, 24])
    for parameter in golden.checkpoint.parameters {
      try parameter.storage.validate()
      let small: Bool =
        switch parameter.role.module {
        case .head, .embedding(.position), .embedding(.type): true
        default: parameter.shape.rank < 2
        }
      #expect((parameter.storage.kind == .dense) == small, "\(parameter.name)")
    }
  }

  @Test func layersOfThePrunedModelDiffer() throws {
    let golden = try GoldenModel("encoders/pruned")
    #expect(golden.sequences.map(\.hidden.count) == [4, 4, 4])
    let model = try #require(Model.open(golden.path).checkpoint.architecture.encoder)
    #expect(model.layers.map(\.heads) == [2, 3, 1])
    #expect(model.layers.map(\.intermediate) == [20, 33, 40])
  }

  @Test func everySentenceHasAnEmbedding() throws {
    for golden in try GoldenEmbeddings.poolings.map(GoldenEmbeddings.pooling) {
      #expect(golden.embeddings.map(\.count) == golden.texts.map { _ in 24 })
      #expect(golden.ids.allSatisfy { $0.first == 2 && $0.last == 3 })
    }
    let miniLM = try GoldenEmbeddings.miniLM()
    #expect(miniLM.embeddings.map(\.count) == [Int](repeating: 384, count: 20))
    #expect(miniLM.ids.last?.count == 256)
    #expect(miniLM.pairCosines?.count == 1500)
  }
}
