import Checkpoints
import Encoders
import Testing

@testable import Training

/// Logits, losses and the gradient of every parameter against PyTorch in double precision, dropout off.
@Suite struct GradientTests {
  /// Losses within 1e-5 of themselves; each gradient's norm within 1e-4 of itself, and its values within 1e-4 of the norm.
  @Test(arguments: GoldenGradients.names)
  func everyGradientIsPyTorchs(_ name: String) throws {
    let golden = try GoldenGradients(name)
    let run = try GradientRun(golden, threads: 2)
    for (found, expected) in zip(run.logits, golden.logits) {
      #expect(abs(Double(found) - expected) <= 1e-4 * max(1, abs(expected)), "\(name), logits")
    }
    #expect(abs(Double(run.loss) - golden.loss) <= 1e-5 * max(1, golden.loss), "\(name), loss")
    let gradients = golden.gradients
    var compared = 0
    for (parameter, gradient) in run.gradients {
      let expected = try #require(gradients[parameter], "\(name), \(parameter)")
      compared += 1
      let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      // Nothing but rounding is left of a key's bias, to which softmax is blind.
      let scale = max(expected[0], 1e-2)
      #expect(abs(norm - expected[0]) <= 1e-4 * scale, "\(name), norm of \(parameter)")
      for (place, value) in zip([0, gradient.count / 2, gradient.count - 1], expected.dropFirst()) {
        #expect(
          abs(Double(gradient[place]) - value) <= 1e-4 * scale, "\(name), \(parameter)[\(place)]")
      }
    }
    #expect(compared == gradients.count, "\(name): parameters without a gradient here")
  }

  @Test(arguments: [
    "albert--masked-lm", "bert--sequence-classification", "distilbert--question-answering",
  ])
  func threadsChangeNothing(_ name: String) throws {
    let golden = try GoldenGradients(name)
    let alone = try GradientRun(golden, threads: 1, dropout: true)
    for threads in 2...3 {
      let run = try GradientRun(golden, threads: threads, dropout: true)
      #expect(run.loss == alone.loss)
      for (name, gradient) in alone.gradients {
        #expect(run.gradients[name] == gradient, "\(name)")
      }
    }
  }
}

/// One forward and backward pass of a golden's model.
struct GradientRun {
  let logits: [Float]
  let loss: Float
  /// By the names in the file.
  let gradients: [String: [Float]]

  init(_ golden: GoldenGradients, threads: Int, dropout: Bool = false) throws {
    let checkpoint = try golden.checkpoint
    let model = try TrainableModel(checkpoint)
    let tape = try Tape(threads: threads, seed: 5)
    tape.begin(step: 1)
    let output = try model.forward(golden.sequences, tape, ForwardOptions(dropout: dropout))
    let loss = try golden.loss(of: output, tape)
    try tape.backward(from: loss)
    logits = Array(output.logits!.value.elements)
    self.loss = loss.scalar
    let names = Dictionary(uniqueKeysWithValues: checkpoint.parameters.map { ($0.role, $0.name) })
    gradients = Dictionary(
      uniqueKeysWithValues: model.parameters.map { (names[$0.id.role]!, $0.denseGradient) })
  }
}

extension TrainableParameter {
  /// The gradient of every value, rows that have none as zeros.
  var denseGradient: [Float] {
    switch gradient {
    case .dense(let buffer): return Array(buffer.elements)
    case .rows(let rows):
      var result = [Float](repeating: 0, count: count)
      for (index, row) in rows.rows.enumerated() {
        for column in 0..<columns {
          result[Int(row) * columns + column] = rows.values[index * columns + column]
        }
      }
      return result
    }
  }
}
