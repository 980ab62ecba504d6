import Coding
import Glibc
import Tensors
import TestSupport
import Testing

@Suite struct MaskStreamTests {
  @Test(arguments: [0, 1, 7, 8, 9, 384, 1025, 140_001])
  func everyDensityComesBack(_ count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    for density in [0, 1e-4, 0.05, 0.5, 0.97, 1] {
      let mask = (0..<count).map { _ -> UInt8 in
        Double.random(in: 0..<1, using: &generator) < density ? 1 : 0
      }
      for rowLength in [nil, 5, 8, 100] {
        #expect(try roundTrip(.mask, .bool, mask, rowLength: rowLength).isSame)
      }
    }
  }

  @Test(arguments: [0.002, 0.05, 0.2, 0.5])
  func aMaskTakesAboutItsEntropy(_ density: Double) throws {
    var generator = SeededGenerator(seed: 2)
    let mask = (0..<200_000).map { _ -> UInt8 in
      Double.random(in: 0..<1, using: &generator) < density ? 1 : 0
    }
    let bound = ShannonBound.bits(counts: counts(mask))
    let (isSame, size) = try roundTrip(.mask, .bool, mask, rowLength: 500)
    #expect(isSame)
    #expect(Double(size * 8) < 1.012 * bound + 500)
  }

  @Test func rowsAndColumnsThatDifferTakeLessThanTheBound() throws {
    var generator = SeededGenerator(seed: 3)
    let mask = (0..<400).flatMap { row in
      (0..<400).map { column -> UInt8 in
        let density = 0.4 * exp2(-Double(row % 4) - Double(column % 3))
        return Double.random(in: 0..<1, using: &generator) < density ? 1 : 0
      }
    }
    let bound = ShannonBound.bits(counts: counts(mask))
    let (isSame, size) = try roundTrip(.mask, .bool, mask, rowLength: 400)
    #expect(isSame)
    #expect(Double(size * 8) < 0.9 * bound)
  }

  /// Two of four are one of 6 patterns: log2(6) / 4 bits an element, not 1.
  @Test func patternsOfGroupsTakeTheirEntropy() throws {
    var generator = SeededGenerator(seed: 4)
    let mask = (0..<20_000).flatMap { _ in [1, 1, 0, 0].shuffled(using: &generator) }
    let bound = Double(mask.count) * log2(6) / 4
    let (isSame, size) = try roundTrip(.mask, .bool, mask.map(UInt8.init), rowLength: 100)
    #expect(isSame)
    #expect(Double(size * 8) < 1.01 * bound + 2000)
  }

  @Test func nothingButBooleansIsCoded() {
    #expect(throws: Failure.self) { try CodedStream(.mask, .bool, [0, 1, 2]) }
    #expect(throws: Failure.self) { try CodedStream(.mask, .u8, [0, 1, 1]) }
  }
}
