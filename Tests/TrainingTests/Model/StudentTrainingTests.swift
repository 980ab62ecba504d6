import Checkpoints
import Encoders
import Recipes
import Tensors
import TestSupport
import Testing

@testable import Training

/// BiLSTM students as they are trained: against PyTorch in double precision, against the encoder's own forward pass, and as the
/// checkpoints that they become again.
@Suite struct StudentTrainingTests {
  /// Losses within 1e-5 of themselves; each gradient's norm within 1e-4 of itself, and its values within 1e-4 of the norm.
  @Test(arguments: GoldenStudentGradients.readouts, GoldenStudentGradients.Loss.allCases)
  func everyGradientIsPyTorchs(_ readout: String, _ loss: GoldenStudentGradients.Loss) throws {
    let golden = try GoldenStudentGradients(readout)
    let run = try StudentRun(golden, loss, threads: 2)
    #expect(golden.logits.count == 12)
    for (found, expected) in zip(run.logits, golden.logits) {
      #expect(abs(Double(found) - expected) <= 1e-5 * max(1, abs(expected)))
    }
    let value = golden.value(loss)
    #expect(abs(Double(run.loss) - value) <= 1e-5 * max(1, value))
    let expected = golden.gradients(loss)
    var compared = 0
    for (parameter, gradient) in run.gradients {
      guard loss == .labels || !parameter.hasPrefix("classifier") else {
        #expect(gradient.allSatisfy { $0 == 0 })
        continue
      }
      let expected = try #require(expected[parameter], "\(parameter)")
      compared += 1
      let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(norm - expected[0]) <= 1e-4 * expected[0], "norm of \(parameter)")
      for (place, value) in zip([0, gradient.count / 2, gradient.count - 1], expected.dropFirst()) {
        #expect(
          abs(Double(gradient[place]) - value) <= 1e-4 * expected[0], "\(parameter)[\(place)]")
      }
    }
    #expect(compared == expected.count, "parameters without a gradient here")
  }

  @Test(arguments: GoldenStudentGradients.readouts)
  func threadsChangeNothing(_ readout: String) throws {
    let golden = try GoldenStudentGradients(readout)
    let alone = try StudentRun(golden, .labels, threads: 1, dropout: true)
    #expect(try StudentRun(golden, .labels, threads: 1).loss != alone.loss)
    for threads in 2...3 {
      let run = try StudentRun(golden, .labels, threads: threads, dropout: true)
      #expect(run.loss == alone.loss && run.logits == alone.logits)
      #expect(run.gradients == alone.gradients)
    }
  }

  /// Within 1e-5 of the encoder's own forward pass: scores, what is projected to, and the states; also of composed storage.
  @Test(arguments: GoldenStudentGradients.readouts, [false, true])
  func givesWhatTheEncoderGives(_ readout: String, _ isComposed: Bool) throws {
    let golden = try GoldenStudentGradients(readout)
    var checkpoint = try golden.checkpoint
    if isComposed { checkpoint = try checkpoint.composedStudent() }
    let model = try TrainableModel(checkpoint)
    let output = try model.forward(
      golden.sequences, try Tape(threads: 2), ForwardOptions(dropout: false, hiddenStates: true))
    #expect(output.hiddenStates.map(\.columns) == [6, 10])
    for (node, reading) in [
      (output.logits, Reading.logits), (output.projected, .pooled), (output.last, .hiddenStates),
    ] {
      let found = try #require(node).value.elements
      let expected = try Session(Encoder(checkpoint, reading: reading)).run(golden.sequences)
        .flatMap(\.values)
      #expect(found.count == expected.count)
      let scale = max(1, expected.map(abs).max() ?? 0)
      for (found, expected) in zip(found, expected) {
        #expect(abs(found - expected) <= 1e-5 * scale, "\(reading)")
      }
    }
  }

  @Test func factorsOfTheRecurrenceAreTrained() throws {
    let golden = try GoldenStudentGradients("last-state")
    let model = try TrainableModel(try golden.checkpoint.composedStudent())
    let tape = try Tape(threads: 1)
    let output = try model.forward(golden.sequences, tape, ForwardOptions(dropout: false))
    try tape.backward(from: try golden.node(.labels, of: output, tape))
    for parameter in model.parameters {
      let gradient = parameter.denseGradient
      #expect(gradient.contains { $0 != 0 }, "\(parameter.id)")
      guard let mask = parameter.mask else { continue }
      #expect(gradient.indices.allSatisfy { mask.start[$0] != 0 || gradient[$0] == 0 })
    }
  }

  /// What was not trained comes back to the bit, in the storage that it had; what was, gives what it gave when it was trained.
  @Test func becomesTheCheckpointAgain() throws {
    let golden = try GoldenStudentGradients("max-pool")
    let before = try golden.checkpoint.composedStudent()
    let model = try TrainableModel(before)
    for (old, new) in zip(before.parameters, try model.checkpoint().parameters) {
      #expect(old.role == new.role && old.name == new.name && old.shape == new.shape)
      #expect(new.storage.kind == old.storage.kind)
      #expect(try old.storage.values(of: old.shape) == new.storage.values(of: new.shape))
    }
    let trained = try TrainableModel(try golden.checkpoint)
    for parameter in trained.parameters {
      for index in 0..<parameter.count { parameter.values.start[index] *= 0.75 }
    }
    let after = try trained.checkpoint()
    let output = try trained.forward(
      golden.sequences, try Tape(threads: 1), ForwardOptions(dropout: false))
    let expected = try Session(Encoder(after, reading: .logits)).run(golden.sequences)
      .flatMap(\.values)
    for (found, expected) in zip(output.logits!.value.elements, expected) {
      #expect(abs(found - expected) <= 1e-5)
    }
  }

  @Test func frozenParametersGetNoGradient() throws {
    let golden = try GoldenStudentGradients("per-token")
    let model = try TrainableModel(try golden.checkpoint)
    for parameter in model.parameters {
      switch parameter.id.role.module {
      case .head, .projection: break
      default: parameter.isFrozen = true
      }
    }
    let tape = try Tape(threads: 1)
    let output = try model.forward(golden.sequences, tape)
    #expect(output.last?.needsGradient == false)
    try tape.backward(from: try golden.node(.labels, of: output, tape))
    for parameter in model.parameters {
      #expect(parameter.denseGradient.contains { $0 != 0 } == !parameter.isFrozen)
    }
  }

  /// A head for other classes is fresh, one for as many is kept; each readout has a head of its own kind.
  @Test func freshHeadsFit() throws {
    let student = try GoldenStudentGradients("max-pool").checkpoint
    let fresh = try student.withHead(.sequenceClassification, labels: ["a", "b"], seed: 1)
    #expect(fresh.parameter(.init(.head(.classifier), .weight))?.shape == [2, 8])
    #expect(fresh.architecture.labels == ["a", "b"])
    #expect(fresh.configuration?.architecture == "BiLSTMForSequenceClassification")
    let kept = try student.withHead(.sequenceClassification, labels: ["a", "b", "c"], seed: 1)
    for parameter in student.parameters {
      #expect(
        try kept.parameter(parameter.role)!.storage.values(of: parameter.shape)
          == parameter.storage.values(of: parameter.shape))
    }
    let output = try TrainableModel(fresh).forward(
      [TokenSequence(ids: [1, 2, 3])], try Tape(threads: 1))
    #expect(output.logits?.columns == 2)
    for head in [Head.tokenClassification, .questionAnswering, .maskedLanguageModel] {
      #expect(throws: Failure.self) { try student.withHead(head, labels: ["a"], seed: 1) }
    }
  }

  @Test func refusesWhatCannotBeLearnedFrom() throws {
    let checkpoint = try GoldenStudentGradients("last-state").checkpoint
    let model = try TrainableModel(checkpoint)
    let tape = try Tape(threads: 1)
    for ids in [[], [-1], [40], [Int32](repeating: 5, count: 4097)] as [[Int32]] {
      #expect(throws: Failure.self) { try model.forward([TokenSequence(ids: ids)], tape) }
    }
    var odd = checkpoint
    odd.configuration = try odd.configuration?.setting("recurrent_dropout", to: .number(1))
    #expect(throws: Failure.self) { try TrainableModel(odd) }
    odd = checkpoint
    odd.parameters.removeAll { $0.role == Role(.lstm(.backward, .recurrent), .weight) }
    #expect(throws: Failure.self) { try TrainableModel(odd) }
  }
}

/// One forward and backward pass of a golden's student.
private struct StudentRun {
  let logits: [Float]
  let loss: Float
  /// By the names in the file.
  let gradients: [String: [Float]]

  init(
    _ golden: GoldenStudentGradients, _ loss: GoldenStudentGradients.Loss, threads: Int,
    dropout: Bool = false
  ) throws {
    let checkpoint = try golden.checkpoint
    let model = try TrainableModel(checkpoint)
    let tape = try Tape(threads: threads, seed: 5)
    tape.begin(step: 1)
    let output = try model.forward(golden.sequences, tape, ForwardOptions(dropout: dropout))
    let loss = try golden.node(loss, of: output, tape)
    try tape.backward(from: loss)
    logits = Array(output.logits!.value.elements)
    self.loss = loss.scalar
    let names = Dictionary(uniqueKeysWithValues: checkpoint.parameters.map { ($0.role, $0.name) })
    gradients = Dictionary(
      uniqueKeysWithValues: model.parameters.map { (names[$0.id.role]!, $0.denseGradient) })
  }
}

extension Checkpoint {
  /// The same shapes with factors for the words, the inputs and one recurrent matrix, and a mask on the other, worked out from the
  /// values.
  fileprivate func composedStudent() throws -> Checkpoint {
    var result = self
    for (index, parameter) in parameters.enumerated() {
      guard parameter.shape.rank == 2 else { continue }
      let (rows, columns) = (parameter.shape[0], parameter.shape[1])
      let values = try parameter.storage.values(of: parameter.shape)
      func singles(_ values: [Float], _ shape: Shape) -> Storage {
        .dense(
          Tensor(.f32, shape, source: MemorySource(values.withUnsafeBytes { [UInt8]($0) })))
      }
      switch parameter.role.module {
      case .embedding, .lstm(_, .input), .lstm(.forward, .recurrent):
        result.parameters[index] = parameter.holding(
          .factorized(
            left: singles(Array(values.prefix(rows * 3)), [rows, 3]),
            right: singles(Array(values.suffix(3 * columns)), [3, columns])))
      case .lstm(.backward, .recurrent):
        let kept = values.indices.map { UInt8($0 % 3 == 0 ? 0 : 1) }
        let mask = Mask(
          kept: Tensor(.bool, parameter.shape, source: MemorySource(kept)),
          denseShape: parameter.shape)
        let survivors = values.indices.filter { kept[$0] == 1 }.map { values[$0] }
        result.parameters[index] = parameter.holding(
          .sparse(mask: mask, values: singles(survivors, [survivors.count])))
      default: break
      }
    }
    return result
  }
}
