import Tensors
import TestSupport
import Testing

@testable import Kernels

/// What all products must keep, whatever their weights are stored as.
struct ProductCase: CustomTestStringConvertible {
  let rows: Int
  let columns: Int
  let tokens: Int

  var testDescription: String { "[\(rows), \(columns)] × \(tokens) tokens" }

  static let odd: [ProductCase] =
    [1, 5, 6, 7, 13].flatMap { rows in
      [1, 2, 3, 5, 64, 131, 384].map { (rows, $0) }
    }.enumerated().flatMap { index, shape in
      // Each token count with some of the shapes, all with all taking too long without optimization.
      let counts = [1, 7, 8, 9, 15, 16, 17, 33, 47, 2, 3, 4, 10, 11, 12, 20]
      return [0, 7].map {
        ProductCase(
          rows: shape.0, columns: shape.1, tokens: counts[(index * 2 + $0) % counts.count])
      }
    } + [
      ProductCase(rows: 13, columns: 515, tokens: 47),
      ProductCase(rows: 110, columns: 7, tokens: 9),
      ProductCase(rows: 110, columns: 3, tokens: 20),
      ProductCase(rows: 6, columns: 0, tokens: 3), ProductCase(rows: 0, columns: 4, tokens: 3),
      ProductCase(rows: 3, columns: 4, tokens: 0),
    ]
}

/// A product, its matrix as floats `[rows, columns]`, and what else it needs.
struct ProductTrial {
  let rows: Int
  let columns: Int
  /// What the weights stand for.
  let matrix: [Float]
  let blockRows: Int
  /// The room for error: so many times the sum of the magnitudes of the products.
  var tolerance = 4e-7
  let multiply:
    (Activations, Int, Activations, Range<Int>, UnsafePointer<Float>?, Bool, Instructions) throws ->
      Void

  var rowBlocks: Int { rows.groups(of: blockRows) }

  /// Holds the product against a loop in double precision: whole, in parts, with a bias and added.
  func check(tokens: Int, using instructions: Instructions, _ generator: inout SeededGenerator)
    throws
  {
    let x = Panels(features: columns, tokens: tokens, using: &generator)
    let bias = randomFloats(rows, using: &generator)
    let some = rowBlocks > 2 ? 1..<(rowBlocks - 1) : 0..<rowBlocks
    for (blocks, bias, adding) in [
      (0..<rowBlocks, bias, false), (some, bias, false), (0..<rowBlocks, [], true),
      (some, bias, true), (0..<rowBlocks, [], false), (0..<0, bias, false),
    ] {
      let y = Panels(features: rows, tokens: tokens)
      let written = (blocks.lowerBound * blockRows)..<min(blocks.upperBound * blockRows, rows)
      let before = randomFloats(rows * tokens, using: &generator)
      if adding {
        for row in written {
          for token in 0..<tokens { y[token, row] = before[row * tokens + token] }
        }
      }
      try bias.withUnsafeBufferPointer {
        try multiply(
          x.view, tokens, y.view, blocks, bias.isEmpty ? nil : $0.baseAddress, adding, instructions)
      }
      for row in written {
        for token in 0..<tokens {
          let start = (bias.isEmpty ? 0 : bias[row]) + (adding ? before[row * tokens + token] : 0)
          var (sum, size) = (Double(start), abs(Double(start)) + 1)
          for column in 0..<columns {
            let product = Double(matrix[row * columns + column]) * Double(x[token, column])
            sum += product
            size += abs(product)
          }
          #expect(
            abs(Double(y[token, row]) - sum) <= tolerance * size, "row \(row), token \(token)")
        }
      }
      #expect(y.isUntouched(outside: written))
    }
  }

  /// A token's result is the same to the bit alone and among others, at any lane, for any rows asked.
  func checkBits(using instructions: Instructions, _ generator: inout SeededGenerator) throws {
    let tokens = 47
    let x = Panels(features: columns, tokens: tokens, using: &generator)
    let whole = Panels(features: rows, tokens: tokens)
    try multiply(x.view, tokens, whole.view, 0..<rowBlocks, nil, false, instructions)
    let parts = [(0..<1, 0), (3..<10, 0), (16..<25, 5), (5..<47, 9), (40..<47, 16)]
    for (range, lane) in parts + (1...12).map({ (7..<(7 + $0), 0) }) {
      let part = Panels(x, tokens: range, at: lane)
      let y = Panels(features: rows, tokens: part.tokens)
      for blocks in [0..<1, 1..<(rowBlocks - 1), (rowBlocks - 1)..<rowBlocks] {
        try multiply(part.view, part.tokens, y.view, blocks, nil, false, instructions)
      }
      for (index, token) in range.enumerated() {
        for row in 0..<rows { #expect(y[lane + index, row] == whole[token, row]) }
      }
    }
  }
}

@Suite struct DenseProductTests {
  private func trial(_ weights: DenseWeights, _ matrix: [Float]) -> ProductTrial {
    ProductTrial(
      rows: weights.rows, columns: weights.columns, matrix: matrix,
      blockRows: DenseWeights.blockRows
    ) { x, tokens, y, blocks, bias, adding, instructions in
      try weights.multiply(
        x, tokens: tokens, into: y, rowBlocks: blocks, bias: bias, adding: adding,
        using: instructions)
    }
  }

  private func packed(_ rows: Int, _ columns: Int, _ values: [Float]) throws -> DenseWeights {
    try values.withUnsafeBufferPointer {
      try DenseWeights(rows: rows, columns: columns, floats: $0)
    }
  }

  @Test(arguments: ProductCase.odd, ways)
  func multiplies(_ size: ProductCase, _ instructions: Instructions) throws {
    var generator = SeededGenerator(seed: 31)
    let matrix = randomFloats(size.rows * size.columns, using: &generator)
    let weights = try packed(size.rows, size.columns, matrix)
    #expect(weights.byteCount == size.rows.groups(of: 6) * 6 * size.columns * 4)
    try trial(weights, matrix).check(tokens: size.tokens, using: instructions, &generator)
  }

  @Test(arguments: [ElementType.f64, .f32, .f16, .bf16], ways)
  func readsTensorsOfFloats(_ type: ElementType, _ instructions: Instructions) throws {
    var generator = SeededGenerator(seed: 32)
    for (rows, columns) in [(13, 300), (7, 1), (1, 515)] {
      let values = randomFloats(rows * columns, using: &generator)
      let tensor = Tensor(values, [rows, columns]).cast(to: type)
      let weights = try DenseWeights(Tensor(type, tensor.shape, source: Crooked(tensor.source)))
      let expected = try tensor.cast(to: .f32).floats()
      #expect(
        weights.byteCount == rows.groups(of: 6) * 6 * columns * (type == .f64 ? 4 : type.byteWidth!)
      )
      try trial(weights, expected).check(tokens: 21, using: instructions, &generator)
    }
  }

  /// Scales per row and per group, of sizes that divide neither a vector nor a block of columns.
  @Test(arguments: [(7, 300, 1), (13, 300, 20), (6, 270, 2), (9, 129, 3), (5, 10, 10)], ways)
  func widensCodes(_ shape: (Int, Int, Int), _ instructions: Instructions) throws {
    var generator = SeededGenerator(seed: 33)
    let (rows, columns, groups) = shape
    let codes = (0..<(rows * columns)).map { _ in Int8.random(in: -128...127, using: &generator) }
    let scales = randomFloats(rows * groups, using: &generator).map { $0 / 100 }
    for zeroPoints in [nil, (0..<(rows * groups)).map { Int32($0 % 513) - 256 }] {
      let weights = try codes.withUnsafeBufferPointer {
        try DenseWeights(
          rows: rows, columns: columns, codes: $0, scales: scales, zeroPoints: zeroPoints,
          groups: groups)
      }
      let matrix = codes.enumerated().map { index, code in
        let place = index / columns * groups + index % columns / (columns / groups)
        return Float(Int32(code) - (zeroPoints?[place] ?? 0)) * scales[place]
      }
      try trial(weights, matrix).check(tokens: 17, using: instructions, &generator)
    }
  }

  @Test(arguments: ways) func isTheSameInAnyBatch(_ instructions: Instructions) throws {
    var generator = SeededGenerator(seed: 34)
    for (rows, columns) in [(13, 131), (97, 400)] {
      let matrix = randomFloats(rows * columns, using: &generator)
      let weights = try packed(rows, columns, matrix)
      try trial(weights, matrix).checkBits(using: instructions, &generator)
    }
  }

  @Test(arguments: [ElementType.f64, .f32, .f16, .bf16])
  func refusesWhatIsNotFinite(_ type: ElementType) throws {
    for value in [Float.nan, .infinity, -.infinity] {
      for place in [0, 4097, 100 * 83 - 1] {
        var values = [Float](repeating: 1, count: 100 * 83)
        values[place] = value
        let tensor = Tensor(values, [100, 83]).cast(to: type)
        let failure = #expect(throws: Failure.self) { try DenseWeights(tensor) }
        #expect(
          failure?.description == "element [\(place / 83), \(place % 83)] is NaN or infinite")
      }
    }
  }

  @Test func refusesWhatIsNoMatrix() {
    #expect(throws: Failure.self) { try DenseWeights(Tensor([1, 2], [2])) }
    #expect(throws: Failure.self) {
      try DenseWeights(Tensor(.i8, [1, 2], source: MemorySource([1, 2])))
    }
    let huge: [UInt64] = [0x7FE0_0000_0000_0000]
    let bytes = huge.withUnsafeBytes { [UInt8]($0) }
    #expect(throws: Failure.self) {
      try DenseWeights(Tensor(.f64, [1, 1], source: MemorySource(bytes)))
    }
    for (scales, zeroPoints, groups) in [
      ([Float](repeating: 1, count: 6), nil, 3), ([1, .nan], nil, 1), ([1], nil, 1),
      ([1, 1], [0, 257], 1), ([], nil, 0),
    ] as [([Float], [Int32]?, Int)] {
      let codes = [Int8](repeating: 1, count: 8)
      #expect(throws: Failure.self) {
        try codes.withUnsafeBufferPointer {
          try DenseWeights(
            rows: 2, columns: 4, codes: $0, scales: scales, zeroPoints: zeroPoints, groups: groups)
        }
      }
    }
  }
}

/// A source that lends its bytes at odd addresses, few at a time.
struct Crooked: TensorSource {
  let base: any TensorSource

  init(_ base: any TensorSource) { self.base = base }

  var byteCount: Int { base.byteCount }
  var pieceSize: Int { 1000 }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let bytes = try base.withBytes(range) { [0] + [UInt8]($0) }
    return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[1...])) }
  }
}
