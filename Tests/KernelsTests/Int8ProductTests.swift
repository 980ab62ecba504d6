import Tensors
import TestSupport
import Testing

@testable import Kernels

@Suite struct Int8ProductTests {
  /// Codes, scales and zero points as the definition has them, in double precision where it may matter.
  @Test(arguments: [1, 2, 3, 4, 5, 64, 131], ways)
  func quantizesTokens(_ features: Int, _ instructions: Instructions) {
    var generator = SeededGenerator(seed: 71)
    for range in [-1...1, 2...3, -5 ... -4, -0.17...9] as [ClosedRange<Float>] {
      let x = Panels(features: features, tokens: 33, in: range, using: &generator)
      let quantized = QuantizedPanels(x, using: instructions)
      for token in 0..<33 {
        let values = (0..<features).map { x[token, $0] }
        let (low, high) = (min(0, values.min()!), max(0, values.max()!))
        let scale = quantized.view.scales[token]
        let zeroPoint = quantized.view.zeroPoints[token]
        #expect(scale == (high - low) / 127)
        #expect(abs(Double(zeroPoint) + Double(low) / Double(scale)) <= 0.501)
        for (feature, value) in values.enumerated() {
          let code = Int32(quantized.code(token, feature))
          #expect((0...127).contains(code))
          // Half a step for the code, and at the ends half a step for the zero point.
          #expect(abs(Float(code - zeroPoint) * scale - value) <= 1.01 * scale)
        }
      }
    }
  }

  /// The vector kernel and its twin agree to the bit, whatever the floats are.
  @Test func fastIsPlain() {
    var generator = SeededGenerator(seed: 72)
    for features in [1, 3, 4, 7, 131] {
      let x = Panels(features: features, tokens: 47, in: -3...3, using: &generator)
      let telling: [Float] = [
        0, 1e-32, -1e-32, 1e-38, 3e38, -3e38, .infinity, -.infinity, .nan, 1e30, 0.5, -0.0,
      ]
      for (token, value) in telling.enumerated() { x[token, features - 1] = value }
      for token in 20..<24 { for feature in 0..<features { x[token, feature] = 0 } }
      let plain = QuantizedPanels(x, using: .baseline)
      let fast = QuantizedPanels(x, using: .available)
      for token in 0..<47 {
        #expect(plain.view.scales[token] == fast.view.scales[token])
        #expect(plain.view.zeroPoints[token] == fast.view.zeroPoints[token])
        for feature in 0..<features.groups(of: 4) * 4 {
          #expect(plain.code(token, feature) == fast.code(token, feature))
        }
      }
    }
  }

  @Test(arguments: ProductCase.odd, ways)
  func multiplies(_ size: ProductCase, _ instructions: Instructions) throws {
    var generator = SeededGenerator(seed: 73)
    let codes = (0..<(size.rows * size.columns)).map { _ in
      Int8.random(in: -128...127, using: &generator)
    }
    try check(size, codes, groups: 1, using: instructions, &generator)
  }

  @Test(arguments: [(7, 12, 3), (13, 384, 12), (6, 320, 2)], ways)
  func multipliesGroups(_ shape: (Int, Int, Int), _ instructions: Instructions) throws {
    var generator = SeededGenerator(seed: 74)
    let codes = (0..<(shape.0 * shape.1)).map { _ in Int8.random(in: -127...127, using: &generator)
    }
    let size = ProductCase(rows: shape.0, columns: shape.1, tokens: 25)
    try check(size, codes, groups: shape.2, using: instructions, &generator)
  }

  /// All codes at their ends: sums of 16 bits must not saturate, those of 32 not overflow.
  @Test(arguments: ways) func neverSaturates(_ instructions: Instructions) throws {
    var generator = SeededGenerator(seed: 75)
    for code in [Int8.min, .max] {
      for columns in [64, 65536] {
        let size = ProductCase(rows: 2, columns: columns, tokens: 9)
        let codes = [Int8](repeating: code, count: 2 * columns)
        try check(size, codes, groups: 1, inputs: 1...1, using: instructions, &generator)
        try check(size, codes, groups: 1, inputs: -1 ... -1, using: instructions, &generator)
      }
    }
  }

  @Test(arguments: ways) func isTheSameInAnyBatch(_ instructions: Instructions) throws {
    var generator = SeededGenerator(seed: 76)
    let matrix = randomFloats(31 * 75, using: &generator)
    let weights = try matrix.withUnsafeBufferPointer {
      try Int8Weights(rows: 31, columns: 75, floats: $0)
    }
    let trial = ProductTrial(
      rows: 31, columns: 75, matrix: matrix, blockRows: Int8Weights.blockRows
    ) { x, tokens, y, blocks, bias, adding, instructions in
      let quantized = QuantizedPanels(x, features: 75, tokens: tokens, using: instructions)
      weights.multiply(
        quantized.view, tokens: tokens, into: y, rowBlocks: blocks, bias: bias, adding: adding,
        using: instructions)
    }
    try trial.checkBits(using: instructions, &generator)
  }

  @Test func quantizesRows() throws {
    let matrix: [Float] = [
      0, 0, 0, 2.54, -1.27, 0.01, 7 * .leastNonzeroMagnitude, 0, -.leastNonzeroMagnitude, 3e38,
      -3e38, 1.5e38,
    ]
    let weights = try matrix.withUnsafeBufferPointer {
      try Int8Weights(rows: 4, columns: 3, floats: $0)
    }
    let codes = weights.memory.elements(as: Int8.self)
    let found = (0..<12).map { codes[$0 / 3 * 4 + $0 % 3] }
    #expect(found[0..<6] == [0, 0, 0, 127, -64, 0])
    #expect(found[9..<12] == [127, -127, 64])
    #expect(weights.byteCount == 6 * 4 + 6 * 8)
  }

  @Test func quantizesRowsAsPlainly() {
    var generator = SeededGenerator(seed: 77)
    for count in [1, 7, 8, 9, 64, 131] {
      // Whole numbers, so that many quotients are half-way.
      var row = (0..<count).map { _ in Float(Int.random(in: -254...254, using: &generator)) / 2 }
      row[0] = 127
      let found = ways.map { way in
        row.withUnsafeBufferPointer { row in
          var codes = [Int8](repeating: 99, count: count)
          let scale = codes.withUnsafeMutableBufferPointer {
            Int8Weights.quantize(row, to: $0, using: way)
          }
          return (scale, codes)
        }
      }
      #expect(found[0].0 == 1 && found[0].1 == row.map { Int8($0.rounded(.toNearestOrEven)) })
      #expect(found.allSatisfy { $0 == found[0] })
    }
  }

  @Test func refuses() {
    let codes = [Int8](repeating: 1, count: 24)
    for (rows, columns, scales, groups) in [
      (2, 12, [1, 1], 2), (2, 12, [1, .nan], 1), (4, 6, [Float](repeating: 1, count: 12), 3),
      (2, 12, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 5), (24, 1, [], 0),
    ] as [(Int, Int, [Float], Int)] {
      #expect(throws: Failure.self) {
        try codes.withUnsafeBufferPointer {
          try Int8Weights(rows: rows, columns: columns, codes: $0, scales: scales, groups: groups)
        }
      }
    }
    let wide = [Int8](repeating: 1, count: 65537)
    #expect(throws: Failure.self) {
      try wide.withUnsafeBufferPointer {
        try Int8Weights(rows: 1, columns: 65537, codes: $0, scales: [1], groups: 1)
      }
    }
    #expect(throws: Failure.self) {
      try ([1, .nan] as [Float]).withUnsafeBufferPointer {
        try Int8Weights(rows: 1, columns: 2, floats: $0)
      }
    }
  }

  /// Holds a product against the definition on the codes that the activations were given.
  private func check(
    _ size: ProductCase, _ codes: [Int8], groups: Int, inputs: ClosedRange<Float> = -1...2,
    using instructions: Instructions, _ generator: inout SeededGenerator
  ) throws {
    let scales = randomFloats(size.rows * groups, using: &generator)
    let weights = try codes.withUnsafeBufferPointer {
      try Int8Weights(
        rows: size.rows, columns: size.columns, codes: $0, scales: scales, groups: groups)
    }
    let x = Panels(features: size.columns, tokens: size.tokens, in: inputs, using: &generator)
    let quantized = QuantizedPanels(x, using: instructions)
    let bias = randomFloats(size.rows, using: &generator)
    let y = Panels(features: size.rows, tokens: size.tokens)
    for adding in [false, true] {
      weights.multiply(
        quantized.view, tokens: size.tokens, into: y.view, rowBlocks: 0..<weights.rowBlocks,
        bias: adding ? nil : bias, adding: adding, using: instructions)
    }
    for token in 0..<size.tokens {
      let zeroPoint = Int(quantized.view.zeroPoints[token])
      for row in 0..<size.rows {
        var total = 0.0
        var magnitude = Double(abs(bias[row])) + 1e-30
        for group in 0..<groups {
          var sum = 0
          for column in (group * size.columns / groups)..<((group + 1) * size.columns / groups) {
            let code = Int(codes[row * size.columns + column])
            sum += code * (Int(quantized.code(token, column)) - zeroPoint)
          }
          let term = Double(scales[row * groups + group]) * Double(sum)
          total += term
          magnitude += abs(term) * Double(quantized.view.scales[token])
        }
        let expected = Double(bias[row]) + 2 * total * Double(quantized.view.scales[token])
        #expect(abs(Double(y[token, row]) - expected) <= 1e-6 * magnitude, "\(row), \(token)")
      }
    }
    #expect(y.isUntouched(outside: 0..<size.rows))
  }
}

/// Quantized activations in memory of their own.
private struct QuantizedPanels {
  let view: QuantizedActivations
  private let memory: PackedMemory

  init(_ x: Panels, using instructions: Instructions) {
    self.init(x.view, features: x.features, tokens: x.tokens, using: instructions)
  }

  init(_ x: Activations, features: Int, tokens: Int, using instructions: Instructions) {
    let panels = Activations.panels(tokens: tokens)
    memory = try! PackedMemory(
      byteCount: QuantizedActivations.byteCount(features: features, panels: panels))
    view = QuantizedActivations(buffer: memory.bytes, features: features, panels: panels)
    view.quantize(x, tokens: tokens, panels: 0..<panels, using: instructions)
  }

  func code(_ token: Int, _ feature: Int) -> UInt8 {
    view.codes(panel: token / 16)[(feature / 4 * 16 + token % 16) * 4 + feature % 4]
  }
}
