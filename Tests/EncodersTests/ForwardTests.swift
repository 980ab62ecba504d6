import Checkpoints
import Encoders
import Recipes
import Testing

/// The forward pass against PyTorch and transformers: every family, every head, every layer.
@Suite struct ForwardTests {
  @Test(arguments: GoldenModel.samples + GoldenModel.lively)
  func everyLayerIsPyTorchs(_ name: String) throws {
    let golden = try GoldenModel(name)
    let checkpoint = try Model.open(golden.path).checkpoint
    let encoder = try Encoder(checkpoint, reading: .hiddenStates)
    let outputs = try Session(encoder).run(golden.sequences.map(\.tokens))
    for (sequence, output) in zip(golden.sequences, outputs) where !sequence.hidden.isEmpty {
      for layer in sequence.hidden.indices {
        let (tokens, columns) = (sequence.tokens.count, output.columns)
        let values = output.values.dropFirst(layer * tokens * columns).prefix(tokens * columns)
        expectEqual(
          EncoderOutput(rows: tokens, columns: columns, values: Array(values)),
          sequence.hidden[layer], "\(name), layer \(layer) of \(tokens) tokens")
      }
    }
  }

  @Test(arguments: GoldenModel.samples + GoldenModel.lively)
  func everyHeadIsPyTorchs(_ name: String) throws {
    let golden = try GoldenModel(name)
    let checkpoint = try Model.open(golden.path).checkpoint
    var compared = 0
    for sequence in golden.sequences {
      for (reading, expected) in sequence.readings(of: checkpoint.architecture.encoder!.head) {
        let encoder = try Encoder(checkpoint, reading: reading)
        let output = try Session(encoder).run([sequence.tokens])[0]
        expectEqual(output, expected, "\(name), \(reading)")
        compared += 1
      }
    }
    if golden.sequences.contains(where: { $0.hidden.isEmpty }) { #expect(compared > 0) }
  }

  /// What a head says of one token is, to the bit, its row of what it says of all.
  @Test(arguments: GoldenModel.lively.filter { $0.hasSuffix("masked-lm") })
  func oneTokenIsReadAsAmongAll(_ name: String) throws {
    let golden = try GoldenModel(name)
    let checkpoint = try Model.open(golden.path).checkpoint
    let all = try Encoder(checkpoint, reading: .logitsOf(.maskedLanguageModel))
    let one = try Encoder(checkpoint, reading: .logitsOfToken(.maskedLanguageModel))
    #expect(!one.givesTokens && one.columns == all.columns)
    #expect(one.operations(tokens: 20) < all.operations(tokens: 20))
    var sequences = golden.sequences.map(\.tokens)
    for index in sequences.indices { sequences[index].readToken = index % sequences[index].count }
    for threads in 1...2 {
      let found = try one.outputs(for: sequences, threads: threads)
      let expected = try all.outputs(for: sequences, threads: 1)
      for (index, sequence) in sequences.enumerated() {
        #expect(found[index].values == Array(expected[index][sequence.readToken]))
      }
    }
  }

  /// A sequence's result does not depend on what it is computed with, nor by how many threads.
  @Test(arguments: GoldenModel.lively)
  func batchesAndThreadsChangeNothing(_ name: String) throws {
    let golden = try GoldenModel(name)
    let checkpoint = try Model.open(golden.path).checkpoint
    for reading in [Reading.hiddenStates, .sentence(Pooling([.cls])), .sentence(Pooling([.mean]))] {
      let encoder = try Encoder(checkpoint, reading: reading)
      let sequences = golden.sequences.map(\.tokens)
      let alone = try sequences.map { try Session(encoder).run([$0])[0] }
      let many = Array(repeating: sequences, count: 4).flatMap { $0 }
      let expected = Array(repeating: alone, count: 4).flatMap { $0 }
      for threads in 1...3 {
        let session = Session(encoder, threads: threads)
        #expect(try session.run(sequences) == alone)
        #expect(try session.run([sequences[0]]) == [alone[0]])
        #expect(try session.run(many) == expected)
        #expect(
          try encoder.outputs(for: many, batchSize: 5, threads: threads) == expected)
      }
    }
  }
}

extension GoldenSequence {
  /// What there is to compare, and how it is asked for.
  func readings(of head: Head) -> [(Reading, [[Float]])] {
    var result: [(Reading, [[Float]])] = []
    if let logits {
      result.append((.logits, head == .replacedTokenDetection ? logits[0].map { [$0] } : logits))
    }
    if let predictions { result.append((.logitsOf(.maskedLanguageModel), predictions)) }
    if let relationship { result.append((.logitsOf(.nextSentence), [relationship])) }
    if let pooled { result.append((.pooled, [pooled])) }
    if let start, let end { result.append((.logits, zip(start, end).map { [$0, $1] })) }
    return result
  }
}

/// Within 1e-4 of the greatest value, as PyTorch's own kernels differ from one another.
func expectEqual(
  _ found: EncoderOutput, _ expected: [[Float]], _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let values = expected.flatMap { $0 }
  guard found.rows == expected.count, found.values.count == values.count else {
    Issue.record(
      "\(what): \(found.rows) rows, not \(expected.count)", sourceLocation: sourceLocation)
    return
  }
  let scale = max(1e-3, values.map(abs).max() ?? 0)
  for row in 0..<found.rows {
    let worst = zip(found[row], expected[row]).map { abs($0 - $1) }.max() ?? 0
    #expect(worst <= 1e-4 * scale, "\(what), row \(row)", sourceLocation: sourceLocation)
  }
}
