import Checkpoints
import TestSupport
import Testing

@testable import Training

/// A table of which few rows are looked up is changed as if its gradient were dense.
@Suite struct SparseRowTests {
  private static let rules: [any UpdateRule] = [AdamW(), Adam(), SGD()]

  private func gradients(_ step: Int, rows: Int, columns: Int) -> [Int: [Float]] {
    var generator = SeededGenerator(seed: UInt64(step))
    let touched = (0..<3).map { _ in Int.random(in: 0..<(rows / 2), using: &generator) }
    return Dictionary(
      touched.map { ($0, randomFloats(columns, seed: UInt64(step * 100 + $0))) }
    ) { first, _ in first }
  }

  @Test(arguments: rules.indices) func equalsTheDenseStepBitForBit(index: Int) throws {
    let (rows, columns) = (40, 21)
    let dense = try parameter(.embedding(.word), rows: rows, columns: columns, seed: 1)
    let sparse = try parameter(
      .embedding(.word), rows: rows, columns: columns, form: .rows, seed: 1)
    let first = try Optimizer(Self.rules[index], for: [dense], threads: 1)
    let second = try Optimizer(Self.rules[index], for: [sparse], threads: 2)
    for step in 1...25 {
      let some = gradients(step, rows: rows, columns: columns)
      second.settle(some.keys.map(Int32.init), of: sparse.id)
      for row in some.keys {
        let range = (row * columns)..<((row + 1) * columns)
        #expect(Array(sparse.numbers[range]) == Array(dense.numbers[range]))
      }
      dense.setGradient(some)
      sparse.setGradient(some)
      let rate = 0.01 / Double(step)
      let norms = try (
        first.step(rate: rate, clipping: .global(0.5)),
        second.step(rate: rate, clipping: .global(0.5))
      )
      #expect(abs(norms.0 - norms.1) < 1e-12 * norms.0)
    }
    try second.flush()
    #expect(dense.numbers == sparse.numbers)
    #expect(dense.numbers != randomFloats(rows * columns, seed: 1))
  }

  @Test func memoryIsTakenForTouchedRowsOnly() throws {
    let sparse = try parameter(.embedding(.word), rows: 30, columns: 4, form: .rows, seed: 2)
    let optimizer = try Optimizer(AdamW(), for: [sparse], threads: 1)
    sparse.setGradient([7: [1, 2, 3, 4]])
    try optimizer.step(rate: 0.1)
    let moments = try #require(optimizer.moments[sparse.id])
    let live = try #require(moments.idle?.isLive)
    #expect(live.indices.filter { live[$0] } == [7])
    #expect(moments.buffers[0].elements[28..<32].allSatisfy { $0 != 0 })
    #expect(moments.buffers[0].elements[..<28].allSatisfy { $0 == 0 })
  }

  @Test func goesOnWhenTheGradientBecomesDense() throws {
    let (rows, columns) = (12, 5)
    let dense = try parameter(.embedding(.word), rows: rows, columns: columns, seed: 3)
    let mixed = try parameter(
      .embedding(.word), rows: rows, columns: columns, form: .rows, seed: 3)
    let first = try Optimizer(AdamW(), for: [dense], threads: 1)
    let second = try Optimizer(AdamW(), for: [mixed], threads: 1)
    for step in 1...8 {
      if step == 5 { mixed.gradient = .dense(try FloatBuffer(count: rows * columns)) }
      let some = gradients(step, rows: rows, columns: columns)
      dense.setGradient(some)
      mixed.setGradient(some)
      try first.step(rate: 0.01)
      try second.step(rate: 0.01)
    }
    #expect(dense.numbers == mixed.numbers)
  }
}
