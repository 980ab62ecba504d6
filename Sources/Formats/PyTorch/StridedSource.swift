import Kernels
import Tensors

/// How a tensor looks at a storage: which element each of its own is.
struct StridedView: Sendable, Hashable {
  /// In elements from the start of the storage.
  var offset: Int
  var lengths: [Int]
  var strides: [Int]

  /// The first element and the one behind the last.
  ///
  /// - Throws: ``Failure`` if lengths or strides cannot be, or reach beyond the storage.
  func reach(within count: Int) throws -> Range<Int> {
    guard strides.count == lengths.count, offset >= 0, strides.allSatisfy({ $0 >= 0 }),
      let shape = Shape(checking: lengths)
    else { throw Failure(TorchReason.shape(lengths, strides: strides)) }
    guard shape.elementCount > 0 else { return 0..<0 }
    var last = offset
    for (length, stride) in zip(lengths, strides) {
      let (step, overflow) = stride.multipliedReportingOverflow(by: length - 1)
      let sum = last.addingReportingOverflow(step)
      guard !overflow, !sum.overflow else {
        throw Failure(TorchReason.shape(lengths, strides: strides))
      }
      last = sum.partialValue
    }
    guard last < count else { throw Failure(TorchReason.beyondStorage(last: last, count: count)) }
    return offset..<(last + 1)
  }

  /// Whether the elements lie in the storage as they follow one another in the tensor.
  var isContiguous: Bool {
    var expected = 1
    for (length, stride) in zip(lengths, strides).reversed() where length != 1 {
      guard stride == expected else { return false }
      expected *= length
    }
    return true
  }

  /// Whether it is a whole matrix seen by columns.
  var isTransposedMatrix: Bool {
    lengths.count == 2 && lengths[0] > 1 && strides == [1, lengths[0]]
  }
}

extension StridedView {
  /// The tensor that a view of a storage is; its elements are put in order when they are asked for.
  ///
  /// - Parameter storage: the elements of the storage, in one row.
  func tensor(of storage: Tensor) throws -> Tensor {
    let type = storage.elementType
    let reach = try reach(within: storage.elementCount)
    let shape = Shape(lengths)
    guard let byteCount = shape.byteCount(of: type), let width = type.byteWidth else {
      throw Failure(TorchReason.shape(lengths, strides: strides))
    }
    guard byteCount <= Self.trustedByteCount || shape.elementCount <= storage.elementCount else {
      throw Failure(
        TorchReason.repeats(elements: shape.elementCount, stored: storage.elementCount))
    }
    if isContiguous || shape.elementCount == 0 {
      let range = (reach.lowerBound * width)..<(reach.lowerBound * width + byteCount)
      return Tensor(type, shape, source: PartialSource(storage.source, range))
    }
    if isTransposedMatrix {
      let range = (reach.lowerBound * width)..<(reach.lowerBound * width + byteCount)
      let matrix = Tensor(
        type, [lengths[1], lengths[0]], source: PartialSource(storage.source, range))
      return matrix.transposed()
    }
    return Tensor(
      type, shape,
      source: StridedSource(storage: storage.source, view: self, width: width, byteCount: byteCount)
    )
  }

  /// Beyond this, a tensor that repeats what is stored is not believed.
  private static let trustedByteCount = 1 << 30
}

/// A range of another source.
struct PartialSource: TensorSource {
  private let base: any TensorSource
  private let range: Range<Int>

  init(_ base: any TensorSource, _ range: Range<Int>) {
    self.base = base
    self.range = range
  }

  var byteCount: Int { range.count }
  var pieceSize: Int {
    base.pieceSize >= base.byteCount && base.byteCount > Self.usualPieceSize
      ? max(1, byteCount) : base.pieceSize
  }

  func withBytes<Result>(
    _ part: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let start = range.lowerBound + part.lowerBound
    return try base.withBytes(start..<(start + part.count), body)
  }
}

/// Elements that lie in a storage in another order, or with gaps: slices, permuted axes, repeated rows.
///
/// A part is made of whole entries of the first axis; for it, the storage is read from the first element that they touch to the last.
struct StridedSource: TensorSource {
  let storage: any TensorSource
  let view: StridedView
  /// Of an element, in bytes.
  let width: Int
  let byteCount: Int

  private var rowSize: Int { byteCount / view.lengths[0] }

  /// Some rows where they lie one behind the other; else all, as each touches the whole storage.
  var pieceSize: Int {
    let inner = zip(view.lengths, view.strides).dropFirst().reduce(0) { $0 + ($1.0 - 1) * $1.1 }
    guard view.strides[0] > inner else { return max(1, byteCount) }
    // Gaps between rows are read with them.
    return max(1, Self.usualPieceSize / max(rowSize, view.strides[0] * width)) * rowSize
  }

  func withBytes<Result>(
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
