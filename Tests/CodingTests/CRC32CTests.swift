import TestSupport
import Testing

@testable import Coding

@Suite struct CRC32CTests {
  /// RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRCs.
  @Test(
    arguments: [
      ([], 0), ([UInt8]("123456789".utf8), 0xE306_9283),
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
      ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
      ([UInt8](0..<32), 0x46DD_794E), ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
    ] as [([UInt8], UInt32)])
  func isThatOfTheStandard(_ bytes: [UInt8], _ expected: UInt32) {
    #expect(bytes.withUnsafeBytes(CRC32C.checksum) == expected)
  }

  /// Bit by bit, as it is defined.
  private func plain(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(UInt32.max) { checksum, byte in
      (0..<8).reduce(checksum ^ UInt32(byte)) { value, _ in
        value & 1 != 0 ? value >> 1 ^ 0x82F6_3B78 : value >> 1
      }
    }
  }

  @Test func anyLengthAndPlace() {
    var generator = SeededGenerator(seed: 5)
    let bytes = (0..<300).map { _ in UInt8.random(in: 0...255, using: &generator) }
    for count in 0..<64 {
      for start in 0..<9 {
        let part = bytes[start..<(start + count)]
        #expect(part.withUnsafeBytes(CRC32C.checksum) == plain(part))
      }
    }
  }

  @Test func remaindersOfPiecesGiveThatOfTheWhole() {
    var generator = SeededGenerator(seed: 6)
    for count in [1, 2, 63, 1000, 70_000] {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      let cuts = (0..<5).map { _ in Int.random(in: 0...count, using: &generator) }.sorted()
      var sum: UInt32 = 0
      for (start, end) in zip([0] + cuts, cuts + [count]).shuffled(using: &generator) {
        let remainder = bytes[start..<end].withUnsafeBytes { CRC32C.remainder(of: $0) }
        sum ^= CRC32C.shifted(remainder, over: count - end)
      }
      #expect(
        CRC32C.checksum(ofRemainder: sum, count: count) == bytes.withUnsafeBytes(CRC32C.checksum))
    }
    // Beyond what can be held in memory: shifting in steps is shifting at once.
    let far = CRC32C.shifted(CRC32C.shifted(0xDEAD_BEEF, over: 1 << 40), over: 12_345)
    #expect(CRC32C.shifted(0xDEAD_BEEF, over: (1 << 40) + 12_345) == far)
  }
}
