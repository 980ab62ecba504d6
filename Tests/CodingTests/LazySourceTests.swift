import Coding
import Synchronization
import Tensors
import TestSupport
import Testing

/// A source that counts how much of it is lent, and at how much it likes to be asked.
private final class CountingSource: TensorSource {
  let bytes: [UInt8]
  let pieceSize: Int
  let lent = Atomic<Int>(0)
  let largest = Atomic<Int>(0)

  init(_ bytes: [UInt8], pieceSize: Int) {
    self.bytes = bytes
    self.pieceSize = pieceSize
  }

  var byteCount: Int { bytes.count }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    lent.add(range.count, ordering: .relaxed)
    largest.max(range.count, ordering: .relaxed)
    return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}

@Suite struct LazySourceTests {
  private let codes = (0..<800_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }

  @Test func anEncoderAsksForAChunkAtATime() throws {
    let source = CountingSource(codes, pieceSize: 1000)
    _ = try StreamKind.codes.encoder(of: source, .u8, rowLength: 1000)
    #expect(source.largest.load(ordering: .relaxed) <= StreamLayout.usualChunk)
    #expect(source.lent.load(ordering: .relaxed) == 2 * codes.count)
  }

  @Test func elementsThatChangedMeanwhileAreRefused() throws {
    let encoder = try StreamKind.codes.encoder(
      of: MemorySource([UInt8](repeating: 3, count: 2000)), .u8, rowLength: 100)
    let others = [UInt8](repeating: 4, count: 2000)
    #expect(throws: Failure.self) {
      try others.withUnsafeBytes { try encoder.encode($0, chunk: 0) }
    }
  }

  @Test func aSourceThatCanOnlyMakeTheWholeDoesSoOnceASweep() throws {
    let source = CountingSource(codes, pieceSize: codes.count)
    let whole = try StreamKind.codes.encoder(of: source, .u8, rowLength: 1000)
    #expect(source.lent.load(ordering: .relaxed) == 2 * codes.count)
    let pieces = try StreamKind.codes.encoder(
      of: CountingSource(codes, pieceSize: 1), .u8, rowLength: 1000)
    #expect(whole.table == pieces.table)
  }
}
