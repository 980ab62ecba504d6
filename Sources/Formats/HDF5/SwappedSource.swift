import Tensors

/// Big-endian elements, lent with their bytes turned round.
struct SwappedSource: TensorSource {
  let base: any TensorSource
  /// In bytes.
  let width: Int

  var byteCount: Int { base.byteCount }
  var pieceSize: Int { base.pieceSize }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let start = range.lowerBound / width * width
    let end = min(byteCount, (range.upperBound + width - 1) / width * width)
    return try base.withBytes(start..<end) { bytes in
      try withScratch(bytes.count) { swapped in
        swapped.copyMemory(from: bytes)
        swapped.swapBytes(width: width)
        let part = (range.lowerBound - start)..<(range.upperBound - start)
        return try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(swapped)[part]))
      }
    }
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Turns the bytes of every element round.
  func swapBytes(width: Int) {
    switch width {
    case 2: swap(UInt16.self)
    case 4: swap(UInt32.self)
    case 8: swap(UInt64.self)
    default: break
    }
  }

  private func swap<Word: FixedWidthInteger & BitwiseCopyable>(_: Word.Type) {
    let width = MemoryLayout<Word>.size
    for offset in stride(from: 0, to: count - width + 1, by: width) {
      let word = loadUnaligned(fromByteOffset: offset, as: Word.self)
      storeBytes(of: word.byteSwapped, toByteOffset: offset, as: Word.self)
    }
  }
}
