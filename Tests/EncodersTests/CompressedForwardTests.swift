import Checkpoints
import Encoders
import Recipes
import Tensors
import Testing

/// The forward pass on composed storage, against PyTorch on the dense matrices that it stands for.
@Suite struct CompressedForwardTests {
  @Test(arguments: GoldenCompression.variants)
  func composedStorageIsWhatItStandsFor(_ variant: String) throws {
    let golden = try GoldenCompression(variant)
    try expectHiddenStates(of: golden.checkpoint, golden.sequences, variant)
    let logits = try Encoder(golden.checkpoint, reading: .logits)
    for sequence in golden.sequences {
      let output = try Session(logits, threads: 2).run([sequence.tokens])[0]
      expectEqual(output, try #require(sequence.logits), "\(variant), logits")
    }
  }

  /// Layers with heads and widths of their own, as pruning leaves them.
  @Test func layersMayDiffer() throws {
    let golden = try GoldenModel("encoders/pruned")
    try expectHiddenStates(
      of: try Model.open(golden.path).checkpoint, golden.sequences, "pruned")
  }

  @Test(arguments: GoldenCompression.variants, [1, 3])
  func batchesAndThreadsChangeNothing(_ variant: String, _ threads: Int) throws {
    let golden = try GoldenCompression(variant)
    for compute in Compute.allCases {
      let encoder = try Encoder(golden.checkpoint, reading: .logits, compute: compute)
      let sequences = golden.sequences.map(\.tokens)
      let alone = try sequences.map { try Session(encoder).run([$0])[0] }
      #expect(try Session(encoder, threads: threads).run(sequences) == alone)
      #expect(try Session(encoder, threads: threads).run([sequences[0]]) == [alone[0]])
    }
  }

  /// The values that passes and reports see are those that the forward pass computes with.
  @Test(arguments: GoldenCompression.variants)
  func decodedValuesGiveTheSameLogits(_ variant: String) throws {
    let golden = try GoldenCompression(variant)
    var dense = golden.checkpoint
    for index in dense.parameters.indices {
      let parameter = dense.parameters[index]
      let values = try parameter.storage.values(of: parameter.shape)
      let source = MemorySource(values.withUnsafeBytes { [UInt8]($0) })
      dense.parameters[index].storage = .dense(Tensor(.f32, parameter.shape, source: source))
    }
    try expectHiddenStates(of: dense, golden.sequences, variant)
  }

  /// Rounding weights to 8 bits and activations to 7 moves logits, but not far.
  @Test func integersComeNear() throws {
    let golden = try GoldenModel("sst2-tiny")
    let checkpoint = try Model.open(golden.path).checkpoint
    let encoder = try Encoder(checkpoint, reading: .logits, compute: .int8)
    var isExact = true
    for sequence in golden.sequences {
      let found = try Session(encoder).run([sequence.tokens])[0].values
      let expected = try #require(sequence.logits)[0]
      for (found, expected) in zip(found, expected) {
        #expect(abs(found - expected) < 0.15)
        isExact = isExact && abs(found - expected) < 1e-5
      }
    }
    #expect(!isExact)
  }

  private func expectHiddenStates(
    of checkpoint: Checkpoint, _ sequences: [GoldenSequence], _ what: String
  ) throws {
    let encoder = try Encoder(checkpoint, reading: .hiddenStates)
    let outputs = try Session(encoder).run(sequences.map(\.tokens))
    for (sequence, output) in zip(sequences, outputs) {
      expectEqual(output, sequence.hidden.flatMap { $0 }, what)
    }
  }
}
