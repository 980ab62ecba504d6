import Tensors
import TestSupport
import Testing

@testable import Formats

/// Elements by hand after Snappy's format description; blocks that Snappy itself wrote are in the samples.
@Suite struct SnappyTests {
  private func decompress(_ bytes: [UInt8]) throws -> [UInt8] {
    try bytes.withUnsafeBytes { try Snappy.decompress($0) }
  }

  private func text(_ text: String) -> [UInt8] { [UInt8](text.utf8) }

  @Test func literalsAndCopies() throws {
    #expect(try decompress([0]) == [])
    #expect(try decompress([3, 2 << 2] + text("abc")) == text("abc"))
    // Four copied from three before, so that the copy reads what it writes.
    #expect(try decompress([7, 2 << 2] + text("abc") + [0b000_000_01, 3]) == text("abcabca"))
    #expect(try decompress([6, 2 << 2] + text("abc") + [2 << 2 | 2, 3, 0]) == text("abcabc"))
    #expect(try decompress([5, 2 << 2] + text("abc") + [1 << 2 | 3, 2, 0, 0, 0]) == text("abcbc"))
  }

  @Test(arguments: [(60, 1), (61, 2), (62, 3), (63, 4)])
  func longLiterals(_ tag: UInt8, _ width: Int) throws {
    let content = (0..<200).map { UInt8($0) }
    let length = [199] + [UInt8](repeating: 0, count: width - 1)
    #expect(try decompress([0xC8, 0x01, tag << 2] + length + content) == content)
  }

  @Test(
    arguments: [
      [], [0x80], [3], [3, 8, 97, 98], [3, 8, 97, 98, 99, 100], [2, 8, 97, 98, 99],
      [4, 8, 97, 98, 99], [7, 8, 97, 98, 99, 1, 4], [7, 8, 97, 98, 99, 1, 0],
      [7, 8, 97, 98, 99, 10, 3, 0, 0], [5, 8, 97, 98, 99, 7, 3, 0, 0],
      [1, 0xFC, 255, 255, 255, 255],
      [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0, 97], [1, 1, 1], [1, 2, 1, 0],
    ] as [[UInt8]])
  func damageIsAnError(_ bytes: [UInt8]) {
    #expect(throws: Failure.self) { try decompress(bytes) }
  }

  @Test func mutationsNeverTrap() throws {
    let index = try InputFile(Places.sample("tf-checkpoint/partitioned/compressed.index"))
    let whole = try index.bytes(0..<min(400, index.byteCount))
    #expect(throws: Never.self) { try SortedTable(index).visitEntries { _ in } }
    var generator = SeededGenerator(seed: 17)
    for _ in 0..<3000 { _ = try? decompress(mutated(whole, using: &generator)) }
  }
}
