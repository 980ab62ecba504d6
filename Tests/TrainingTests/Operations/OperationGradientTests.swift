import Kernels
import Testing

@testable import Training

/// Every operation's gradient against finite differences of a weighted square of its result.
@Suite struct OperationGradientTests {
  @Test func linear() throws {
    var ground = FiniteDifferences()
    let (x, w) = (try ground.parameter(5, 7), try ground.parameter(3, 7))
    let (b, m) = (try ground.parameter(1, 3), try ground.parameter(3, 4))
    let target = try ground.matrix(5, 4)
    try ground.check("linear") { tape in
      let y = try tape.linear(
        try tape.node(x), try tape.node(w), bias: try tape.node(b))
      return try tape.squaredError(try tape.product(y, try tape.node(m)), from: target)
    }
  }

  /// A pruned weight's gradient is zero, the others' are what they were.
  @Test func maskedLinear() throws {
    var ground = FiniteDifferences()
    let (x, w) = (try ground.parameter(4, 6), try ground.parameter(3, 6))
    let mask = try FloatBuffer((0..<18).map { $0 % 3 == 0 ? 0 : 1 })
    for index in 0..<18 { w.values.start[index] *= mask.start[index] }
    w.mask = mask
    let target = try ground.matrix(4, 3)
    try ground.check("masked") { tape in
      try tape.squaredError(try tape.linear(try tape.node(x), try tape.node(w)), from: target)
    }
    let gradient = w.denseGradient
    #expect((0..<18).allSatisfy { mask.start[$0] == 1 || gradient[$0] == 0 })
  }

  @Test(arguments: ActivationFunction.allCases)
  func activation(_ function: ActivationFunction) throws {
    var ground = FiniteDifferences()
    let x = try ground.parameter(3, 11)
    for index in 0..<x.count { x.values.start[index] = 3 * x.values.start[index] + 0.01 }
    let target = try ground.matrix(3, 11)
    try ground.check("\(function)", step: 1 / 512) { tape in
      try tape.squaredError(try tape.activation(function, try tape.node(x)), from: target)
    }
  }

  @Test(arguments: [Float(0), 0.3])
  func layerNorm(_ probability: Float) throws {
    var ground = FiniteDifferences()
    let (x, residual) = (try ground.parameter(4, 19), try ground.parameter(4, 19))
    let (gain, bias) = (try ground.parameter(1, 19), try ground.parameter(1, 19))
    let target = try ground.matrix(4, 19)
    try ground.check("norm, dropout \(probability)", step: 1 / 256, tolerance: 0.02) { tape in
      let y = try tape.layerNorm(
        try tape.node(x), adding: try tape.node(residual), gain: try tape.node(gain),
        bias: try tape.node(bias), epsilon: 1e-5, probability: probability)
      return try tape.squaredError(y, from: target)
    }
  }

  @Test(arguments: [AttentionReading.none, .scores, .probabilities], [Float(0), 0.25])
  func attention(_ reading: AttentionReading, _ probability: Float) throws {
    var ground = FiniteDifferences()
    let q = try ground.parameter(7, 6)
    let (k, v) = (try ground.parameter(7, 6), try ground.parameter(7, 6))
    let shape = AttentionShape(
      heads: 2, headWidth: 3, queries: [0..<5, 5..<7], keys: [0..<5, 5..<7])
    let (target, other) = (try ground.matrix(7, 6), try ground.matrix(1, shape.scoreCount))
    try ground.check("attention, \(reading)", step: 1 / 64, tolerance: 0.02) { tape in
      let result = try tape.attention(
        try tape.node(q), try tape.node(k), try tape.node(v), shape, probability: probability,
        reading: reading)
      let loss = try tape.squaredError(result.context, from: target)
      guard let read = result.scores ?? result.probabilities else { return loss }
      return try tape.sum([(0.5, loss), (3, try tape.squaredError(read, from: other))])
    }
  }

  /// As the last layer has it: a query for each sequence.
  @Test func attentionOfFirstTokens() throws {
    var ground = FiniteDifferences()
    let q = try ground.parameter(2, 4)
    let (k, v) = (try ground.parameter(6, 4), try ground.parameter(6, 4))
    let shape = AttentionShape(
      heads: 1, headWidth: 4, queries: [0..<1, 1..<2], keys: [0..<2, 2..<6])
    let target = try ground.matrix(2, 4)
    try ground.check("attention of first tokens", step: 1 / 64, tolerance: 0.02) { tape in
      let result = try tape.attention(
        try tape.node(q), try tape.node(k), try tape.node(v), shape)
      return try tape.squaredError(result.context, from: target)
    }
  }

  @Test func rowsColumnsAndPools() throws {
    var ground = FiniteDifferences()
    let x = try ground.parameter(7, 5)
    let (first, cut) = (try ground.matrix(3, 5), try ground.matrix(7, 2))
    let pooled = try ground.matrix(2, 5)
    let ranges = [0..<3, 3..<7]
    try ground.check("rows", step: 1 / 512) { tape in
      let node = try tape.dropout(try tape.node(x), probability: 0.2)
      return try tape.sum([
        (1, try tape.squaredError(try tape.rows([0, 3, 3], of: node), from: first)),
        (2, try tape.squaredError(try tape.columns(1..<3, of: node), from: cut)),
        (1, try tape.squaredError(try tape.meanPool(node, of: ranges), from: pooled)),
        (1, try tape.squaredError(try tape.maxPool(node, of: ranges), from: pooled)),
      ])
    }
  }

  /// A table whose gradient is of rows gets what one with a dense gradient gets, summed over two passes.
  @Test func lookUp() throws {
    var ground = FiniteDifferences()
    let (words, places) = (
      try ground.parameter(6, 3, isLookedUp: true), try ground.parameter(4, 3)
    )
    let target = try ground.matrix(4, 3)
    try ground.check("embedding") { tape in
      try tape.squaredError(
        try tape.lookUp([([5, 1, 5, 2], words), ([0, 1, 2, 3], places)]), from: target)
    }
    guard case .rows(let gradient) = words.gradient else { return }
    #expect(gradient.rows == [1, 2, 5])
    let before = gradient.values
    let tape = try Tape(threads: 1)
    try tape.backward(
      from: try tape.squaredError(try tape.lookUp([([0, 2, 0, 0], words)]), from: target))
    #expect(gradient.rows == [0, 1, 2, 5])
    #expect(Array(gradient.values[3..<6]) == Array(before[0..<3]))
    #expect(Array(gradient.values[9..<12]) == Array(before[6..<9]))
    #expect(gradient.values[6..<9].elementsEqual(before[3..<6]) == false)
  }
}
