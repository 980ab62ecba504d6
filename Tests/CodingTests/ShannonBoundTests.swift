import Coding
import Testing

@Suite struct ShannonBoundTests {
  @Test func equallyOftenSymbolsTakeTheLogarithmOfTheirNumber() {
    #expect(abs(ShannonBound.bits(counts: [5, 5, 5, 5]) - 40) < 1e-12)
  }

  @Test func aSymbolAloneTakesNothing() {
    #expect(ShannonBound.bits(counts: [0, 17, 0]) == 0)
    #expect(ShannonBound.bits(counts: []) == 0)
  }

  @Test func rareSymbolsTakeMoreThanFrequentOnes() {
    // H(0.25) = 0.811278…
    #expect(abs(ShannonBound.bits(counts: [25, 75]) - 81.1278) < 1e-4)
  }
}
