import Tensors
import TestSupport
import Testing

@testable import Kernels

@Suite struct DifferenceTests {
  @Test func sumsAndTheGreatest() {
    var difference = Difference()
    let (original, copy): ([Float], [Float]) = ([3, -4, 0], [3, -2, 1])
    original.withUnsafeBytes { original in
      copy.withUnsafeBytes { copy in difference.add(original, copy, Float.self) }
    }
    #expect(difference.squaredNorm == 25 && difference.squaredDifference == 5)
    #expect(difference.maximum == 2)
  }

  @Test func numbersThatSinglesCannotSquare() {
    var difference = Difference()
    let (original, copy): ([Float], [Float]) = ([1e30], [0])
    original.withUnsafeBytes { original in
      copy.withUnsafeBytes { copy in difference.add(original, copy, Float.self) }
    }
    #expect((difference.squaredNorm / 1e60 - 1).magnitude < 1e-6)
  }

  @Test func zerosOfBothSigns() throws {
    #expect(try Tensor([0, -0.0, 1, .nan, -Float.leastNonzeroMagnitude], [5]).nonzeroCount() == 3)
    let halves: [UInt8] = [0, 0, 0, 0x80, 1, 0]
    #expect(try Tensor(.f16, [3], source: MemorySource(halves)).nonzeroCount() == 1)
    #expect(try Tensor(.i16, [3], source: MemorySource(halves)).nonzeroCount() == 2)
    #expect(try Tensor(.f8e4m3, [6], source: MemorySource(halves)).nonzeroCount() == nil)
  }
}
