import Testing

@testable import Training

/// The losses' gradients against finite differences, and some of their values against what can be worked out by hand.
@Suite struct LossTests {
  @Test(arguments: [Float(0), 0.1])
  func crossEntropyOfLabels(_ smoothing: Float) throws {
    var ground = FiniteDifferences()
    let x = try ground.parameter(4, 5)
    try ground.check("cross-entropy") { tape in
      try tape.crossEntropy(try tape.node(x), labels: [0, -100, 4, 2], smoothing: smoothing)
    }
    #expect(x.denseGradient[5..<10].allSatisfy { $0 == 0 })
  }

  @Test func crossEntropyOfProbabilities() throws {
    var ground = FiniteDifferences()
    let x = try ground.parameter(3, 4)
    let p = try ground.matrix(3, 4)
    for index in 0..<12 { p.start[index] = abs(p.start[index]) }
    try ground.check("soft cross-entropy") { tape in
      try tape.crossEntropy(try tape.node(x), probabilities: p, temperature: 2)
    }
  }

  @Test func divergence() throws {
    var ground = FiniteDifferences()
    let x = try ground.parameter(3, 4)
    let teacher = try ground.matrix(3, 4)
    try ground.check("divergence") { tape in
      try tape.divergence(try tape.node(x), from: teacher, temperature: 3)
    }
    let tape = try Tape(threads: 1)
    let same = try tape.divergence(Node(teacher), from: teacher, temperature: 3)
    #expect(abs(same.scalar) < 1e-5)
  }

  @Test func spans() throws {
    var ground = FiniteDifferences()
    let x = try ground.parameter(9, 2)
    try ground.check("spans") { tape in
      try tape.spanLoss(
        try tape.node(x), spans: [(1, 3), (0, 9)], of: [0..<4, 4..<9])
    }
  }

  /// PyTorch's values for logits (1, 2, 3) and label 0: 2.4076059, and 2.3076059 with smoothing 0.1.
  @Test func knownValues() throws {
    let tape = try Tape(threads: 1)
    let logits = Node(Matrix(rows: 1, columns: 3, over: try FloatBuffer([1, 2, 3])))
    #expect(abs(try tape.crossEntropy(logits, labels: [0]).scalar - 2.4076059) < 1e-6)
    let smoothed = try tape.crossEntropy(logits, labels: [0], smoothing: 0.1)
    #expect(abs(smoothed.scalar - 2.3076059) < 1e-6)
    let p = Matrix(rows: 1, columns: 3, over: try FloatBuffer([0.5, 0.75, 0]))
    let found = try tape.logits(ofProbabilities: p)
    #expect(abs(found.start[1] - 1.0986123) < 1e-5)
    #expect(abs(found.start[2] + 16.118095) < 1e-4)
  }

  /// Rounded to 3 bits, −4 … 3 times the scale; clipped numbers get no gradient.
  @Test func fakeQuantization() throws {
    var ground = FiniteDifferences()
    let w = try ground.parameter(2, 4)
    for (index, value) in [-1, 0.4, 0.1, 0.9, -2, 4, 1.1, 0.2].enumerated() {
      w.values.start[index] = Float(value)
    }
    let tape = try Tape(threads: 1)
    tape.quantize(w, by: FakeQuantizer(bits: 3, granularity: .row, frozenAt: [0.25, 1]))
    let y = try tape.node(w)
    #expect(Array(y.value.elements) == [-1, 0.5, 0, 0.75, -2, 3, 1, 0])
    let zero = Matrix(rows: 2, columns: 4, over: try FloatBuffer(count: 8))
    try tape.backward(from: try tape.squaredError(y, from: zero))
    #expect(w.denseGradient == [-0.25, 0.125, 0, 0, -0.5, 0, 0.25, 0])
    let following = FakeQuantizer(bits: 3, granularity: .tensor)
    tape.quantize(w, by: following)
    _ = try tape.node(w)
    #expect(following.scales == [4 / 3.5])
  }
}
