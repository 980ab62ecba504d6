import Coding
import Synchronization
import Tensors

/// Bytes of a file that are held against one checksum of them all as they are lent, piece by piece, in any order and on
/// any number of threads.
///
/// Nothing is read for the checksum's sake: parts that are never asked for are not checked, and whoever asks for all parts is
/// told of damage with the last of them at the latest. What is read again is not summed again.
struct ChecksummedSource: TensorSource {
  private let base: FileSource
  private let check: RunningCheck

  /// - Parameter checksum: as ``CRC32C`` has it.
  init(_ base: FileSource, checksum: UInt32) {
    self.base = base
    check = RunningCheck(checksum, byteCount: base.byteCount)
  }

  var byteCount: Int { base.byteCount }
  var pieceSize: Int { base.pieceSize }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try base.withBytes(range) { bytes in
      do {
        try check.take(bytes, at: range.lowerBound)
      } catch let failure as Failure {
        throw failure.within(Place(file: base.file.path, offset: base.range.lowerBound))
      }
      return try body(bytes)
    }
  }
}

/// The checksum of bytes of which pieces come by.
private final class RunningCheck: Sendable {
  private struct State {
    var seen = RangeUnion()
    var remainder: UInt32 = 0
    var summedCount = 0
  }

  private let expected: UInt32
  private let byteCount: Int
  private let state = Mutex(State())

  init(_ expected: UInt32, byteCount: Int) {
    self.expected = expected
    self.byteCount = byteCount
  }

  /// - Throws: ``Failure`` once all bytes have come by, if their checksum is another.
  func take(_ bytes: UnsafeRawBufferPointer, at start: Int) throws {
    let fresh = state.withLock { $0.seen.insert(start..<(start + bytes.count)) }
    var sum: UInt32 = 0
    for range in fresh {
      let piece = bytes[(range.lowerBound - start)..<(range.upperBound - start)]
      let remainder = CRC32C.remainder(of: UnsafeRawBufferPointer(rebasing: piece))
      sum ^= CRC32C.shifted(remainder, over: byteCount - range.upperBound)
    }
    let (remainder, isWhole) = state.withLock { state in
      state.remainder ^= sum
      state.summedCount += fresh.reduce(0) { $0 + $1.count }
      return (state.remainder, state.summedCount == byteCount)
    }
    guard isWhole else { return }
    let found = CRC32C.checksum(ofRemainder: remainder, count: byteCount)
    guard found == expected else {
      throw Failure(BundleReason.checksum(expected: expected, found: found))
    }
  }
}
