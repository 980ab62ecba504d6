import Testing

@testable import Kernels

/// The vector kernels of the backward pass against their plain twins, at sizes that fill no vector.
@Suite(.enabled(if: Instructions.available == .avx2, "needs AVX2")) struct GradientKernelTests {
  static let counts = [1, 7, 8, 9, 31, 64, 100]

  @Test(arguments: ActivationFunction.allCases, counts)
  func activations(_ function: ActivationFunction, _ count: Int) {
    let x = numbers(count).map { 6 * $0 }
    var (plain, fast) = (x, x)
    function.values(of: x, into: &plain, count: count, using: .baseline)
    function.values(of: x, into: &fast, count: count, using: .avx2)
    expectNear(fast, plain, 2e-6)
    (plain, fast) = (numbers(count, seed: 5), numbers(count, seed: 5))
    function.multiplyBySlope(at: x, &plain, count: count, using: .baseline)
    function.multiplyBySlope(at: x, &fast, count: count, using: .avx2)
    expectNear(fast, plain, 2e-6)
  }

  @Test(arguments: counts)
  func softmax(_ columns: Int) {
    let scores = numbers(3 * columns).map { 9 * $0 }
    var (plain, fast) = (scores, scores)
    Softmax.run(&plain, rows: 3, columns: columns, scale: 0.5, using: .baseline)
    Softmax.run(&fast, rows: 3, columns: columns, scale: 0.5, using: .avx2)
    expectNear(fast, plain, 1e-6)
    let p = plain
    (plain, fast) = (numbers(3 * columns, seed: 8), numbers(3 * columns, seed: 8))
    Softmax.gradient(p, &plain, rows: 3, columns: columns, scale: 0.5, using: .baseline)
    Softmax.gradient(p, &fast, rows: 3, columns: columns, scale: 0.5, using: .avx2)
    expectNear(fast, plain, 1e-6)
  }

  @Test(arguments: counts)
  func dropout(_ count: Int) {
    let dropout = Dropout(probability: 0.3, key: 0x1234_5678_9abc_def0)
    let (x, residual) = (numbers(count), numbers(count, seed: 2))
    var (plain, fast) = (x, x)
    dropout.run(x, into: &plain, count: count, from: 77, using: .baseline)
    dropout.run(x, into: &fast, count: count, from: 77, using: .avx2)
    #expect(plain == fast)
    dropout.run(x, adding: residual, into: &plain, count: count, from: 77, using: .baseline)
    dropout.run(x, adding: residual, into: &fast, count: count, from: 77, using: .avx2)
    expectNear(fast, plain, 1e-6)
  }

  /// The share that is dropped, and that streams of two keys, and neighbours in one, have nothing to do with each other.
  @Test func dropoutIsRandom() {
    let count = 100_000
    let ones = [Float](repeating: 1, count: count)
    let streams = [1, 2].map { key in
      var kept = ones
      Dropout(probability: 0.1, key: UInt64(key)).run(ones, into: &kept, count: count, from: 0)
      return kept.map { $0 > 0 ? 0.0 : 1.0 }
    }
    for stream in streams {
      #expect(abs(stream.reduce(0, +) / Double(count) - 0.1) < 0.005)
      let neighbours = zip(stream, stream.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(neighbours / Double(count) - 0.01) < 0.002)
    }
    let both = zip(streams[0], streams[1]).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(both / Double(count) - 0.01) < 0.002)
  }

  @Test(arguments: counts, [false, true])
  func memoryCells(_ hidden: Int, _ isFirst: Bool) {
    let before = numbers(hidden, seed: 3)
    let gates = numbers(4 * hidden).map { 6 * $0 }
    var (plain, fast) = (gates, gates)
    let zeros = [Float](repeating: 0, count: hidden)
    var (cells, fastCells, states, fastStates) = (zeros, zeros, zeros, zeros)
    before.withUnsafeBufferPointer { before in
      let start = isFirst ? nil : before.baseAddress
      MemoryCells.run(
        &plain, before: start, hidden: hidden, into: &cells, states: &states,
        using: .baseline)
      MemoryCells.run(
        &fast, before: start, hidden: hidden, into: &fastCells, states: &fastStates,
        using: .avx2)
      expectNear(fast, plain, 1e-6)
      expectNear(fastCells, cells, 1e-6)
      expectNear(fastStates, states, 1e-6)
      let dstates = numbers(hidden, seed: 8)
      var dcells = [numbers(hidden, seed: 9), numbers(hidden, seed: 9)]
      fast = plain
      MemoryCells.gradient(
        &plain, cells: cells, before: start, hidden: hidden, dstates: dstates, dcells: &dcells[0],
        using: .baseline)
      MemoryCells.gradient(
        &fast, cells: cells, before: start, hidden: hidden, dstates: dstates, dcells: &dcells[1],
        using: .avx2)
      expectNear(fast, plain, 1e-6)
      expectNear(dcells[1], dcells[0], 1e-6)
    }
  }

  private func numbers(_ count: Int, seed: UInt64 = 1) -> [Float] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int32(truncatingIfNeeded: state >> 32)) / 2_147_483_648
    }
  }

  private func expectNear(_ found: [Float], _ expected: [Float], _ tolerance: Float) {
    for (found, expected) in zip(found, expected) {
      #expect(abs(found - expected) <= tolerance * max(1, abs(expected)))
    }
  }
}
