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
    for parameter in run.model.parameters {
      guard let wanted = golden.gradients[try #require(run.names[parameter.id.role])] else {
        #expect(parameter.denseGradient.allSatisfy { abs($0) < 1e-6 }, "\(parameter.id)")
        continue
      }
      #expect(parameter.difference(from: wanted) == nil)
    }
    #expect(Set(golden.gradients.keys).isSubset(of: run.names.values))
    for (key, output) in GoldenLayerLosses.maps {
      let own = run.maps.filter { $0.id.mapped == output }
      let wanted = golden.map(key) ?? []
      #expect(own.count == wanted.count)
      for (parameter, wanted) in zip(own, wanted) {
        #expect(parameter.difference(from: wanted.gradient) == nil)
      }
    }
  }

  @Test(arguments: ["all", "hidden-mapped"])
  func threadsChangeNothing(_ name: String) throws {
    let golden = try GoldenLayerLosses(name)
    let alone = try LayerLossRun(golden, threads: 1)
    for threads in 2...3 {
      let run = try LayerLossRun(golden, threads: threads)
      #expect(run.loss == alone.loss)
      for (parameter, other) in zip(
        run.model.parameters + run.maps, alone.model.parameters + alone.maps)
      {
        #expect(parameter.denseGradient == other.denseGradient, "\(parameter.id)")
      }
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
  let model: TrainableModel
  /// In the student's file.
  let names: [Role: String]
  let maps: [TrainableParameter]

  init(_ golden: GoldenLayerLosses, threads: Int) throws {
    let checkpoint = try golden.checkpoint("student")
    model = try TrainableModel(checkpoint)
    let teacher = try FrozenTeacher(
      try golden.checkpoint("teacher"), reading: golden.sequences.store)
    let layers = try LayerLosses(
      golden.losses, of: teacher, width: checkpoint.architecture.encoder!.hidden, seed: 1)
    for (key, output) in GoldenLayerLosses.maps {
      for (parameter, golden) in zip(
        layers.parameters.filter { $0.id.mapped == output }, golden.map(key) ?? [])
      {
        for (index, value) in golden.values.enumerated() { parameter.values.start[index] = value }
      }
    }
    let tape = try Tape(threads: threads, seed: 5)
    tape.begin(step: 1)
    let forward = try model.forward(
      golden.sequences, tape,
      ForwardOptions(
        dropout: false, head: false, hiddenStates: layers.readsStates,
        attention: layers.attention))
    let loss = try tape.sum(
      try layers.terms(forward, Array(golden.sequences.indices), tape))
    try tape.backward(from: loss)
    self.loss = loss.scalar
    names = Dictionary(uniqueKeysWithValues: checkpoint.parameters.map { ($0.role, $0.name) })
    maps = layers.parameters
  }
}
