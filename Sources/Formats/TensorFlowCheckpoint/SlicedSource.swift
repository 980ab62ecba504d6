import Tensors

/// A tensor whose parts along one axis are stored apart.
struct SlicedSource: TensorSource {
  /// A part and where its bytes of each row begin among the row's.
  struct Part: Sendable {
    let source: any TensorSource
    let start: Int
    /// Of its bytes of one row.
    let width: Int
  }

  /// In the order of the axis, without gaps; none is empty.
  let parts: [Part]
  /// How often the axis is gone through: the product of the lengths of those before it.
  let rowCount: Int
  /// Of all parts' bytes of one row.
  let rowSize: Int

  var byteCount: Int { rowCount * rowSize }
  var pieceSize: Int { Self.usualPieceSize }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    if let (part, within) = soleHome(of: range) { return try part.source.withBytes(within, body) }
    return try withScratch(range.count) { scratch in
      var position = range.lowerBound
      while position < range.upperBound {
        let (row, column) = (position / rowSize, position % rowSize)
        let part = part(at: column)
        let start = row * part.width + column - part.start
        let count = min(part.start + part.width - column, range.upperBound - position)
        try part.source.withBytes(start..<(start + count)) { bytes in
          let target = (position - range.lowerBound)..<(position - range.lowerBound + count)
          UnsafeMutableRawBufferPointer(rebasing: scratch[target]).copyMemory(from: bytes)
        }
        position += count
      }
      return try body(UnsafeRawBufferPointer(scratch))
    }
  }

  /// The part within which a range lies, where the axis is the first.
  private func soleHome(of range: Range<Int>) -> (part: Part, range: Range<Int>)? {
    guard rowCount == 1, range.lowerBound < rowSize else { return nil }
    let part = part(at: range.lowerBound)
    guard range.upperBound <= part.start + part.width else { return nil }
    return (part, (range.lowerBound - part.start)..<(range.upperBound - part.start))
  }

  /// The part that has a place of a row.
  private func part(at column: Int) -> Part {
    var (low, high) = (0, parts.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if parts[middle].start <= column { low = middle } else { high = middle - 1 }
    }
    return parts[low]
  }
}
