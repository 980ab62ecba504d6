import Tensors
import TestSupport
import Testing

@testable import Kernels

@Suite struct SparseProductTests {
  private static let densities = [0.0, 0.05, 0.3, 1.0]

  /// Random nonzeros, in blocks of some rows that share a column.
  private func matrix(
    _ rows: Int, _ columns: Int, density: Double, blockRows: Int = 1,
    using generator: inout SeededGenerator
  ) -> [Float] {
    var values = [Float](repeating: 0, count: rows * columns)
    for first in stride(from: 0, to: rows, by: blockRows) {
      for column in 0..<columns where Double.random(in: 0..<1, using: &generator) < density {
        for row in first..<min(first + blockRows, rows) {
          values[row * columns + column] = Float.random(in: -1...1, using: &generator)
        }
      }
    }
    return values
  }

  private func rows(_ rows: Int, _ columns: Int, _ values: [Float]) throws -> ProductTrial {
    let weights = try values.withUnsafeBufferPointer {
      try SparseRows(rows: rows, columns: columns, floats: $0)
    }
    #expect(weights.nonzeros == values.count { $0 != 0 })
    return ProductTrial(
      rows: rows, columns: columns, matrix: values, blockRows: SparseRows.blockRows
    ) { x, tokens, y, blocks, bias, adding, instructions in
      weights.multiply(
        x, tokens: tokens, into: y, rowBlocks: blocks, bias: bias, adding: adding,
        using: instructions)
    }
  }

  private func blocks(_ rows: Int, _ columns: Int, _ values: [Float]) throws -> ProductTrial {
    let weights = try values.withUnsafeBufferPointer {
      try SparseBlocks(rows: rows, columns: columns, floats: $0)
    }
    #expect(weights.nonzeros == values.count { $0 != 0 })
    return ProductTrial(
      rows: rows, columns: columns, matrix: values, blockRows: SparseBlocks.blockRows
    ) { x, tokens, y, blocks, bias, adding, instructions in
      weights.multiply(
        x, tokens: tokens, into: y, rowBlocks: blocks, bias: bias, adding: adding,
        using: instructions)
    }
  }

  @Test(arguments: ProductCase.odd, ways)
  func multiplies(_ size: ProductCase, _ instructions: Instructions) throws {
    var generator = SeededGenerator(seed: 61)
    let density = Self.densities[(size.rows + size.columns) % 4]
    let values = matrix(size.rows, size.columns, density: density, using: &generator)
    try rows(size.rows, size.columns, values).check(
      tokens: size.tokens, using: instructions, &generator)
    let clustered = matrix(
      size.rows, size.columns, density: density, blockRows: 4, using: &generator)
    try blocks(size.rows, size.columns, clustered).check(
      tokens: size.tokens, using: instructions, &generator)
    try blocks(size.rows, size.columns, values).check(
      tokens: size.tokens, using: instructions, &generator)
  }

  @Test(arguments: ways) func isTheSameInAnyBatch(_ instructions: Instructions) throws {
    var generator = SeededGenerator(seed: 62)
    let values = matrix(13, 600, density: 0.4, using: &generator)
    try rows(13, 600, values).checkBits(using: instructions, &generator)
    try blocks(13, 600, values).checkBits(using: instructions, &generator)
  }

  @Test func refusesWhatIsNotFinite() {
    for value in [Float.nan, .infinity] {
      var values = [Float](repeating: 0, count: 30)
      values[29] = value
      values.withUnsafeBufferPointer { floats in
        for make in [
          { _ = try SparseRows(rows: 5, columns: 6, floats: floats) },
          { _ = try SparseBlocks(rows: 5, columns: 6, floats: floats) },
        ] {
          let failure = #expect(throws: Failure.self) { try make() }
          #expect(failure?.description == "element [4, 5] is NaN or infinite")
        }
      }
    }
  }

  @Test func takesLessThanDense() throws {
    var generator = SeededGenerator(seed: 63)
    let values = matrix(96, 400, density: 0.1, using: &generator)
    let nonzeros = values.count { $0 != 0 }
    try values.withUnsafeBufferPointer {
      let rows = try SparseRows(rows: 96, columns: 400, floats: $0)
      let starts = 3 * 97 * 4
      #expect(rows.byteCount >= nonzeros * 5 + starts)
      #expect(rows.byteCount <= (nonzeros + 3 * 96) * 5 + starts)
      let blocks = try SparseBlocks(rows: 96, columns: 400, floats: $0)
      #expect(blocks.byteCount == blocks.blocks * 18 + 2 * 25 * 4)
    }
  }

  @Test func countsPatterns() {
    var generator = SeededGenerator(seed: 64)
    func pattern(_ density: Double, blockRows: Int) -> SparsityPattern {
      matrix(384, 384, density: density, blockRows: blockRows, using: &generator)
        .withUnsafeBufferPointer { SparsityPattern(rows: 384, columns: 384, floats: $0) }
    }
    #expect(pattern(1, blockRows: 1).fastest == .dense)
    #expect(pattern(0.8, blockRows: 1).fastest == .dense)
    #expect(pattern(0.3, blockRows: 1).fastest == .rows)
    #expect(pattern(0.02, blockRows: 1).fastest == .rows)
    #expect(pattern(0.5, blockRows: 4).fastest == .blocks)
    #expect(pattern(0.1, blockRows: 4).fastest == .blocks)

    let small: [Float] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 3, -0.0]
    let counted = small.withUnsafeBufferPointer {
      SparsityPattern(rows: 5, columns: 3, floats: $0)
    }
    #expect(counted.nonzeros == 3 && counted.nonzeroBlocks == 3)
    let empty = UnsafeBufferPointer<Float>(start: nil, count: 0)
    #expect(SparsityPattern(rows: 0, columns: 3, floats: empty).fastest == .dense)
  }
}
