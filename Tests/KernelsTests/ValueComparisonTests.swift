import Tensors
import TestSupport
import Testing

@testable import Kernels

@Suite struct ValueComparisonTests {
  private func tensor(_ values: [Float]) -> Tensor {
    Tensor(.f32, [values.count], source: MemorySource(values.withUnsafeBytes { Array($0) }))
  }

  private func halves(_ values: [Float16]) -> Tensor {
    Tensor(.f16, [values.count], source: MemorySource(values.withUnsafeBytes { Array($0) }))
  }

  @Test func sumsAreThoseOfTheDefinitions() throws {
    let comparison = try #require(
      try tensor([1, 2, 3, 4]).compared(with: tensor([1, 2.5, 3, 2]), tolerance: 0.5))
    #expect(comparison.count == 4 && comparison.unequal == 2 && comparison.beyond == 1)
    #expect(comparison.maximum == 2)
    #expect(abs(comparison.relative! - (4.25 / 30).squareRoot()) < 1e-12)
    #expect(abs(comparison.cosine! - 23 / (30 * 20.25).squareRoot()) < 1e-12)
  }

  @Test func typesAreWidened() throws {
    let comparison = try tensor([0.5, -2, 0]).compared(with: halves([0.5, -2, 0]), tolerance: 0)
    #expect(comparison?.unequal == 0 && comparison?.cosine == 1)
  }

  @Test func numbersThatAreNone() throws {
    let odd = tensor([.nan, .infinity, -.infinity, 1])
    let same = try #require(try odd.compared(with: odd, tolerance: 0))
    #expect(same.unequal == 0)
    let other = try #require(
      try odd.compared(with: tensor([1, -.infinity, -.infinity, .nan]), tolerance: .infinity))
    #expect(other.unequal == 3 && other.beyond == 3 && other.maximum == 0)
  }

  @Test func nothingIsNoMeasure() throws {
    let zeros = tensor([0, 0])
    #expect(try zeros.compared(with: zeros, tolerance: 0)?.relative == 0)
    #expect(try zeros.compared(with: tensor([1, 0]), tolerance: 0)?.relative == nil)
    #expect(try zeros.compared(with: tensor([1, 0]), tolerance: 0)?.cosine == nil)
  }

  /// Many pieces of both sides give what one would.
  @Test func piecesMakeTheWhole() throws {
    var generator = SeededGenerator(seed: 4)
    let values = (0..<700_001).map { _ in Float.random(in: -1...1, using: &generator) }
    let others = values.map { Float16($0) }
    let comparison = try #require(
      try tensor(values).compared(with: halves(others), tolerance: 1e-4))
    let beyond = zip(values, others).count { abs(Double($0) - Double($1)) > 1e-4 }
    #expect(comparison.count == values.count && comparison.beyond == beyond)
  }
}
