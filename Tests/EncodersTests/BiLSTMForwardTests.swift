import Checkpoints
import Encoders
import Kernels
import Recipes
import Tensors
import Testing

/// BiLSTM students against PyTorch in double precision, whose logits those of genuine Keras models equal too.
@Suite struct BiLSTMForwardTests {
  static let readouts = ["last-state", "max-pool", "per-token"]
  /// The same weights, as Keras wrote them; their configuration lies elsewhere.
  static let kerasFiles = [
    ("keras2/last-state.h5", "last-state"), ("keras2/last-state-whole.h5", "last-state"),
    ("keras2/last-state.weights.h5", "last-state"), ("keras2/per-token.h5", "per-token"),
    ("keras3/last-state.weights.h5", "last-state"), ("keras3/per-token.keras", "per-token"),
  ]

  @Test(arguments: readouts) func logitsArePyTorchs(_ readout: String) throws {
    try expectGolden(folder(readout), .logits, readout, "logits")
  }

  @Test(arguments: kerasFiles) func logitsAreThoseOfKeras(_ file: String, _ readout: String) throws
  {
    try expectGolden(folder(file, besides: readout), .logits, readout, "logits")
  }

  @Test(arguments: readouts) func vectorsArePyTorchs(_ readout: String) throws {
    try expectGolden(folder(readout), .pooled, readout, "vectors")
  }

  @Test func statesArePyTorchs() throws {
    for readout in Self.readouts {
      try expectGolden(folder(readout), .hiddenStates, "last-state", "states")
    }
  }

  @Test(arguments: Pooling.Mode.allCases) func tokensArePooled(_ mode: Pooling.Mode) throws {
    let golden = try GoldenStudents()
    let encoder = try Encoder(folder("per-token"), reading: .sentence(Pooling([mode])))
    for (index, sequence) in golden.sequences.enumerated() {
      let rows = try golden.rows("per-token.vectors\(index)")
      let found = try Session(encoder).run([sequence])[0]
      #expect(found.rows == 1 && found.columns == 8)
      for column in 0..<8 {
        let values = rows.map { $0[column] }
        let weights = (1...rows.count).map(Float.init)
        let expected: Float =
          switch mode {
          case .cls: values[0]
          case .lastToken: values[rows.count - 1]
          case .max: values.max()!
          case .mean: values.reduce(0, +) / Float(rows.count)
          case .meanSquareRoot: values.reduce(0, +) / Float(rows.count).squareRoot()
          case .weightedMean:
            zip(values, weights).reduce(0) { $0 + $1.0 * $1.1 } / weights.reduce(0, +)
          }
        #expect(abs(found.values[column] - expected) < 1e-5)
      }
    }
  }

  @Test func vectorsAreNormalized() throws {
    let golden = try GoldenStudents()
    for readout in Self.readouts {
      let encoder = try Encoder(
        folder(readout), reading: .sentence(Pooling([.mean], normalizes: true)))
      for output in try Session(encoder).run(golden.sequences) {
        #expect(abs(output.values.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
      }
    }
  }

  @Test(arguments: readouts, [Reading.logits, .hiddenStates, .sentence(Pooling([.mean]))])
  func batchesAndThreadsChangeNothing(_ readout: String, _ reading: Reading) throws {
    let golden = try GoldenStudents()
    for compute in Compute.allCases {
      let encoder = try Encoder(folder(readout), reading: reading, compute: compute)
      let sequences = golden.sequences
      let alone = try sequences.map { try Session(encoder).run([$0])[0] }
      let many = Array(repeating: sequences, count: 4).flatMap { $0 }
      let expected = Array(repeating: alone, count: 4).flatMap { $0 }
      for threads in 1...3 {
        let session = Session(encoder, threads: threads)
        #expect(try session.run(sequences) == alone)
        #expect(try session.run([sequences[0]]) == [alone[0]])
        #expect(try session.run(many) == expected)
        #expect(try encoder.outputs(for: many, batchSize: 5, threads: threads) == expected)
      }
    }
  }

  /// Two for each product; of what is read out of a sequence once.
  @Test func operationsAreCounted() throws {
    let recurrent = 2 * 4 * 5 * (6 + 5)
    for (readout, read, classes) in [("last-state", 1, 3), ("max-pool", 1, 3), ("per-token", 7, 5)]
    {
      let encoder = try Encoder(folder(readout), reading: .logits)
      #expect(
        encoder.operations(tokens: 7) == 2 * (7 * recurrent + read * (10 * 8 + 8 * classes)))
    }
  }

  @Test func whatCannotBeRunIsRefused() throws {
    let student = try folder("last-state")
    var headless = student
    headless.parameters.removeAll { if case .head = $0.role.module { true } else { false } }
    headless.architecture = .bilstm(
      {
        var architecture = student.architecture.bilstm!
        architecture.classes = nil
        return architecture
      }())
    #expect(throws: Failure.self) { try Encoder(headless, reading: .logits) }
    #expect(throws: Failure.self) { try Encoder(student, reading: .logitsOf(.questionAnswering)) }
    var odd = student
    odd.parameters.removeAll { $0.role == Role(.lstm(.backward, .recurrent), .weight) }
    #expect(throws: Failure.self) { try Encoder(odd, reading: .logits) }
    let encoder = try Encoder(student, reading: .logits)
    let session = Session(encoder)
    #expect(throws: Failure.self) { try session.run([TokenSequence(ids: [])]) }
    #expect(throws: Failure.self) { try session.run([TokenSequence(ids: [40])]) }
    #expect(throws: Failure.self) { try session.run([TokenSequence(ids: [-1])]) }
    let long = TokenSequence(ids: [Int32](repeating: 1, count: encoder.tokenLimit + 1))
    #expect(throws: Failure.self) { try session.run([long]) }
  }

  /// Wider than a block of units, as the sample is not, and of an odd number of them: against the equations in double precision.
  @Test(arguments: [8, 13, 16, 43]) func anyWidthIsComputed(_ hidden: Int) throws {
    let student = try RandomStudent(hidden: hidden)
    let encoder = try Encoder(student.checkpoint, reading: .hiddenStates)
    let sequences = [9, 1, 4, 9, 7].map { count in
      TokenSequence(ids: (0..<count).map { Int32(($0 * 7 + count) % 20) })
    }
    for (sequence, output) in zip(sequences, try Session(encoder, threads: 2).run(sequences)) {
      let expected = student.states(of: sequence.ids.map(Int.init))
      for (row, states) in expected.enumerated() {
        let worst = zip(output[row], states).map { abs(Double($0) - $1) }.max() ?? 0
        #expect(worst < 1e-5, "hidden \(hidden), token \(row)")
      }
    }
  }

  private func folder(_ name: String, besides readout: String? = nil) throws -> Checkpoint {
    try Model.open(
      GoldenStudents.path(name), besides: readout.map { GoldenStudents.path($0) }
    ).checkpoint
  }

  private func expectGolden(
    _ checkpoint: Checkpoint, _ reading: Reading, _ readout: String, _ what: String
  ) throws {
    let golden = try GoldenStudents()
    let encoder = try Encoder(checkpoint, reading: reading)
    let outputs = try Session(encoder).run(golden.sequences)
    for (index, output) in outputs.enumerated() {
      let expected = try golden.rows("\(readout).\(what)\(index)")
      #expect(output.rows == expected.count)
      for (row, values) in expected.enumerated() {
        let worst = zip(output[row], values).map { abs($0 - $1) }.max() ?? .infinity
        #expect(worst < 1e-5, "\(readout), \(what), sequence \(index), row \(row)")
      }
    }
  }
}
