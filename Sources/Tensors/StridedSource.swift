/// Elements that lie in a storage in another order, or with gaps: slices, permuted axes, repeated rows.
///
/// A part is made of whole entries of the first axis; for it, the storage is read from the first element that they touch to the last.
package struct StridedSource: TensorSource {
  private let storage: any TensorSource
  private let view: StridedView
  /// Of an element, in bytes.
  private let width: Int
  package let byteCount: Int

  /// - Precondition: the view lies within the storage, and has elements.
  package init(_ storage: any TensorSource, _ view: StridedView, width: Int) {
    self.storage = storage
    self.view = view
    self.width = width
    byteCount = view.lengths.reduce(width, *)
  }

  private var rowSize: Int { byteCount / view.lengths[0] }

  /// Some rows where they lie one behind the other; else all, as each touches the whole storage.
  package var pieceSize: Int {
    let inner = zip(view.lengths, view.strides).dropFirst().reduce(0) { $0 + ($1.0 - 1) * $1.1 }
    guard view.strides[0] > inner else { return max(1, byteCount) }
    // Gaps between rows are read with them.
    return max(1, Self.usualPieceSize / max(rowSize, view.strides[0] * width)) * rowSize
  }

  package func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let rows = (range.lowerBound / rowSize)..<((range.upperBound + rowSize - 1) / rowSize)
    var part = view
    part.offset += rows.lowerBound * view.strides[0]
    part.lengths[0] = rows.count
    return try withScratch(rows.count * rowSize) { scratch in
      if !rows.isEmpty { try gather(part, into: scratch) }
      let start = range.lowerBound - rows.lowerBound * rowSize
      return try body(UnsafeRawBufferPointer(rebasing: scratch[start..<(start + range.count)]))
    }
  }

  private func gather(_ part: StridedView, into target: UnsafeMutableRawBufferPointer) throws {
    let reach = try part.reach(within: .max)
    try storage.withBytes((reach.lowerBound * width)..<(reach.upperBound * width)) { bytes in
      switch width {
      case 1: part.copy(bytes, into: target, UInt8.self)
      case 2: part.copy(bytes, into: target, UInt16.self)
      case 4: part.copy(bytes, into: target, UInt32.self)
      default: part.copy(bytes, into: target, UInt64.self)
      }
    }
  }
}

extension StridedView {
  /// Copies elements in row-major order.
  ///
  /// - Parameter bytes: of the storage, from the view's first element on.
  fileprivate func copy<Element: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, _: Element.Type
  ) {
    let size = MemoryLayout<Element>.size
    let (last, step) = (lengths[lengths.count - 1], strides[strides.count - 1])
    var place = [Int](repeating: 0, count: lengths.count - 1)
    var (from, to) = (0, 0)
    while true {
      for index in 0..<last {
        let element = bytes.loadUnaligned(
          fromByteOffset: (from + index * step) * size, as: Element.self)
        target.storeBytes(of: element, toByteOffset: to, as: Element.self)
        to += size
      }
      // The next place in row-major order, the last axis being done with.
      var axis = place.count - 1
      while axis >= 0 {
        place[axis] += 1
        from += strides[axis]
        if place[axis] < lengths[axis] { break }
        from -= strides[axis] * lengths[axis]
        place[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
