/// A tensor whose parts along one axis are stored apart.
package struct SlicedSource: TensorSource {
  /// A part and where its bytes of each row begin among the row's.
  package struct Part: Sendable {
    let source: any TensorSource
    let start: Int
    /// Of its bytes of one row.
    let width: Int

    package init(_ source: any TensorSource, start: Int, width: Int) {
      self.source = source
      self.start = start
      self.width = width
    }
  }

  private let parts: [Part]
  /// How often the axis is gone through: the product of the lengths of those before it.
  private let rowCount: Int
  /// Of all parts' bytes of one row.
  private let rowSize: Int

  /// - Parameter parts: in the order of the axis, without gaps; none is empty.
  package init(parts: [Part], rowCount: Int, rowSize: Int) {
    self.parts = parts
    self.rowCount = rowCount
    self.rowSize = rowSize
  }

  package var byteCount: Int { rowCount * rowSize }
  package var pieceSize: Int { Self.usualPieceSize }

  package func withBytes<Result>(
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

extension Tensor {
  /// Tensors one under another: one whose first axis is as long as all of theirs; nil where they are not of one
  /// type and, but for that axis, of one shape, or have no elements.
  package static func joined(_ parts: [Tensor]) -> Tensor? {
    guard let first = parts.first, let row = first.rowShape,
      parts.allSatisfy({
        $0.elementType == first.elementType && $0.rowShape == row && $0.byteCount > 0
      })
    else { return nil }
    var (placed, end) = ([SlicedSource.Part](), 0)
    for part in parts {
      placed.append(SlicedSource.Part(part.source, start: end, width: part.byteCount))
      end += part.byteCount
    }
    return Tensor(
      first.elementType, Shape([parts.reduce(0) { $0 + $1.shape[0] }] + row),
      source: SlicedSource(parts: placed, rowCount: 1, rowSize: end))
  }

  /// As many tensors of equal height that lie in this one, one under another; nil where that does not divide it, or where
  /// elements are less than bytes.
  package func divided(into count: Int) -> [Tensor]? {
    guard let row = rowShape, count > 0, shape[0] > 0, shape[0] % count == 0,
      elementType.byteWidth != nil
    else { return nil }
    let (height, size) = (shape[0] / count, byteCount / count)
    return (0..<count).map { index in
      Tensor(
        elementType, Shape([height] + row),
        source: PartialSource(source, (index * size)..<((index + 1) * size)))
    }
  }

  /// The lengths of all axes but the first.
  private var rowShape: [Int]? { shape.rank > 0 ? Array(shape.lengths.dropFirst()) : nil }
}
