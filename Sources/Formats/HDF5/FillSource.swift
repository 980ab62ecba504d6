import Glibc
import Tensors

/// One element, repeated: a dataset that was never written.
struct FillSource: TensorSource {
  /// Little-endian; empty for zeros.
  let element: [UInt8]
  let byteCount: Int

  var pieceSize: Int { Self.usualPieceSize }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try withZeroedMemory(range.count) { scratch in
      scratch.repeat(element, from: range.lowerBound)
      return try body(UnsafeRawBufferPointer(scratch))
    }
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Fills the bytes with an element over and over; no element leaves them as they are.
  ///
  /// - Parameter position: of the first byte in the whole, so that it may be inside an element.
  func `repeat`(_ element: [UInt8], from position: Int = 0) {
    guard !element.isEmpty else { return }
    var next = position % element.count
    // The first element byte by byte, then what is there is copied until it reaches the end.
    let first = Swift.min(count, element.count)
    for index in 0..<first {
      self[index] = element[next]
      next = next + 1 == element.count ? 0 : next + 1
    }
    var done = first
    while done < count {
      let step = Swift.min(done, count - done)
      UnsafeMutableRawBufferPointer(rebasing: self[done..<(done + step)])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: self[..<step]))
      done += step
    }
  }
}

/// Lends memory that is all zeros for the duration of a call.
///
/// - Throws: ``Failure`` where there is not so much: the size comes from a file.
func withZeroedMemory<Result>(
  _ byteCount: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Result
) throws -> Result {
  guard let start = calloc(max(1, byteCount), 1) else {
    throw Failure(HDF5DataReason.noMemory(byteCount))
  }
  defer { free(start) }
  return try body(UnsafeMutableRawBufferPointer(start: start, count: byteCount))
}
