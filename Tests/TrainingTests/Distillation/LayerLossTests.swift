import Checkpoints
import Encoders
import Testing

@testable import Training

/// Losses of layers and the gradients of every parameter, maps of widths among them, against PyTorch in double precision.
@Suite struct LayerLossTests {
  /// Losses within 1e-5 of themselves; of a gradient the norm and values within 1e-4 of the norm.
  @Test(arguments: GoldenLayerLosses.names)
  func everyGradientIsPyTorchs(_ name: String) throws {
    let golden = try GoldenLayerLosses(name)
    let run = try LayerLossRun(golden, threads: 2)
    #expect(abs(Double(run.loss) - golden.loss) <= 1e-5 * max(1, golden.loss), "\(name), loss")
    for (name, wanted) in golden.gradients {
      compare(try #require(run.gradients[name]), wanted, name)
    }
    for (name, gradient) in run.gradients where golden.gradients[name] == nil {
      #expect(gradient.allSatisfy { abs($0) < 1e-6 }, "\(name) has a gradient")
    }
    for (key, part) in GoldenLayerLosses.maps {
      let own = run.maps.filter { $0.id.part == part }
      let wanted = golden.map(key) ?? []
      #expect(own.count == wanted.count)
      for (parameter, wanted) in zip(own, wanted) {
        compare(parameter.denseGradient, wanted.gradient, "\(parameter.id)")
      }
    }
  }

  private func compare(_ gradient: [Float], _ wanted: [Double], _ name: String) {
    let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    // Nothing but rounding is left of a key's bias under softmax.
    let scale = max(wanted[0], 1e-3)
    #expect(abs(norm - wanted[0]) <= 1e-4 * scale, "norm of \(name)")
    for (place, value) in zip([0, gradient.count / 2, gradient.count - 1], wanted.dropFirst()) {
      #expect(abs(Double(gradient[place]) - value) <= 1e-4 * scale, "\(name)[\(place)]")
    }
  }

  @Test(arguments: ["all", "hidden-mapped"])
  func threadsChangeNothing(_ name: String) throws {
    let golden = try GoldenLayerLosses(name)
    let alone = try LayerLossRun(golden, threads: 1)
    for threads in 2...3 {
      let run = try LayerLossRun(golden, threads: threads)
      #expect(run.loss == alone.loss && run.gradients == alone.gradients)
    }
  }

  @Test func theMeansOverHeadsHaveTheGradientsOfSmallChanges() throws {
    var check = FiniteDifferences()
    let x = try check.parameter(1, 3 * (4 + 9))
    let target = try check.matrix(1, 4 + 9)
    try check.check("head means") { tape in
      let means = try tape.headMeans(try tape.node(x), heads: 3, of: [0..<2, 2..<5])
      return try tape.squaredError(means, from: target)
    }
  }
}

/// One forward and backward pass of a golden's student beside its teacher.
struct LayerLossRun {
  let loss: Float
  /// By the names in the student's file.
  let gradients: [String: [Float]]
  let maps: [TrainableParameter]

  init(_ golden: GoldenLayerLosses, threads: Int) throws {
    let checkpoint = try golden.checkpoint("student")
    let model = try TrainableModel(checkpoint)
    let teacher = try FrozenTeacher(
      try golden.checkpoint("teacher"), reading: golden.sequences.store)
    let layers = try LayerLosses(
      golden.losses, of: teacher, width: checkpoint.architecture.encoder!.hidden, seed: 1)
    for (key, part) in GoldenLayerLosses.maps {
      for (parameter, golden) in zip(
        layers.parameters.filter { $0.id.part == part }, golden.map(key) ?? [])
      {
        for (index, value) in golden.values.enumerated() { parameter.values.start[index] = value }
      }
    }
    let tape = try Tape(threads: threads, seed: 5)
    tape.begin(step: 1)
    let output = try model.forward(
      golden.sequences, tape,
      ForwardOptions(
        dropout: false, head: false, hiddenStates: layers.readsStates,
        attention: layers.attention))
    let loss = try tape.sum(
      try layers.terms(output, Array(golden.sequences.indices), tape))
    try tape.backward(from: loss)
    self.loss = loss.scalar
    let names = Dictionary(uniqueKeysWithValues: checkpoint.parameters.map { ($0.role, $0.name) })
    gradients = Dictionary(
      uniqueKeysWithValues: model.parameters.map { (names[$0.id.role]!, $0.denseGradient) })
    maps = layers.parameters
  }
}
