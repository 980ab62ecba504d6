import Coding
import Tensors
import TestSupport
import Testing

@testable import Formats

@Suite struct ChecksummedSourceTests {
  private let folder = try! TemporaryFolder()

  private func source(_ bytes: [UInt8], checksum: UInt32) throws -> ChecksummedSource {
    let file = try InputFile(folder.file("data", [9, 9] + bytes + [9]))
    return ChecksummedSource(try FileSource(file, 2..<(2 + bytes.count)), checksum: checksum)
  }

  /// Pieces in any order, some twice, some over the edges of others: damage is found when all have come by, not before.
  @Test func anyOrderWillDo() throws {
    var generator = SeededGenerator(seed: 8)
    for round in 0..<60 {
      let bytes = (0..<Int.random(in: 1...200, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      let isDamaged = round % 2 == 0
      let source = try source(bytes, checksum: isDamaged ? ~bytes.crc : bytes.crc)
      var left = Set(bytes.indices)
      var failed = false
      while !left.isEmpty {
        let start = Int.random(in: 0..<bytes.count, using: &generator)
        let end = Int.random(in: start...min(bytes.count, start + 60), using: &generator)
        left.subtract(start..<end)
        do {
          let found = try source.withBytes(start..<end) { [UInt8]($0) }
          #expect(found == Array(bytes[start..<end]))
        } catch {
          failed = true
        }
        #expect(failed == (isDamaged && left.isEmpty), "round \(round)")
      }
    }
  }

  @Test func threadsMayShareTheWork() throws {
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 7 >> 3) }
    let (good, bad) = (try source(bytes, checksum: bytes.crc), try source(bytes, checksum: 1))
    let pieces = stride(from: 0, to: bytes.count, by: 999).map { $0..<min($0 + 999, bytes.count) }
    try Workers.forEach(pieces + pieces, threads: 4) { piece in
      _ = try good.withBytes(piece) { $0.count }
    }
    #expect(throws: Failure.self) {
      try Workers.forEach(pieces, threads: 4) { piece in
        _ = try bad.withBytes(piece) { $0.count }
      }
    }
  }

  @Test func rangesAddUp() {
    var generator = SeededGenerator(seed: 9)
    for _ in 0..<50 {
      var (union, seen) = (RangeUnion(), Set<Int>())
      for _ in 0..<30 {
        let start = Int.random(in: 0..<100, using: &generator)
        let range = start..<min(100, start + Int.random(in: 0...20, using: &generator))
        let fresh = union.insert(range)
        #expect(Set(fresh.joined()) == Set(range).subtracting(seen))
        #expect(fresh.reduce(0) { $0 + $1.count } == Set(range).subtracting(seen).count)
        seen.formUnion(range)
        #expect(Set(union.ranges.joined()) == seen)
        #expect(
          zip(union.ranges, union.ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
      }
    }
  }
}
