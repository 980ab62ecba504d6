import Tensors

/// How the elements of a stream stand in rows, and the rows in chunks that are coded one by one.
///
/// Only the last row, and with it the last chunk, may be shorter than the others. Chunks hold about
/// ``usualChunk`` elements, never more than ``largestChunk``.
package struct StreamLayout: Sendable, Equatable {
  package let elementCount: Int
  package let rowLength: Int
  package let rowsPerChunk: Int

  /// Elements in a chunk, where a tensor has more: enough to pay for what begins a chunk, few enough for
  /// many threads.
  package static let usualChunk = 1 << 18
  package static let largestChunk = 1 << 20
  package static let longestRow = 1 << 16

  /// The layout in which an encoder codes elements: equal chunks of whole rows.
  package init(elementCount: Int, rowLength: Int) {
    precondition((1...Self.longestRow).contains(rowLength) && elementCount >= 0)
    self.elementCount = elementCount
    self.rowLength = rowLength
    let rows = (elementCount + rowLength - 1) / rowLength
    let chunks = max(1, (elementCount + Self.usualChunk - 1) / Self.usualChunk)
    rowsPerChunk = max(1, (rows + chunks - 1) / chunks)
  }

  /// The layout that a decoder reads.
  init(elementCount: Int, from reader: inout ByteReader) throws {
    self.elementCount = elementCount
    rowLength = try reader.number("the length of a row", in: 1...Self.longestRow)
    rowsPerChunk = try reader.number(
      "the rows of a chunk", in: 1...(Self.largestChunk / rowLength))
  }

  func write(to bytes: inout [UInt8]) {
    bytes.appendNumber(rowLength)
    bytes.appendNumber(rowsPerChunk)
  }

  package var chunkLength: Int { rowLength * rowsPerChunk }
  package var chunkCount: Int {
    elementCount / chunkLength + (elementCount % chunkLength == 0 ? 0 : 1)
  }

  /// The elements of a chunk.
  package func chunk(_ index: Int) -> Range<Int> {
    let start = index * chunkLength
    return start..<(start + min(chunkLength, elementCount - start))
  }

  /// The rows of a chunk.
  func rows(ofChunk index: Int) -> Range<Int> {
    let first = index * rowsPerChunk
    return first..<min(first + rowsPerChunk, (elementCount + rowLength - 1) / rowLength)
  }

  /// Where rows begin in so many elements of a chunk.
  func starts(of count: Int) -> StrideTo<Int> { stride(from: 0, to: count, by: rowLength) }
}
