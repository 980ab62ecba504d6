import Kernels
import Tensors

/// The values of a tensor rounded to blocks, each time they are asked for.
struct RoundingSource: TensorSource {
  let values: Tensor
  let type: BlockType

  /// - Precondition: the tensor is of a floating-point type, its rows are whole numbers of blocks, and the
  ///   type of blocks is one of ``BlockType/writable``.
  init(_ values: Tensor, _ type: BlockType) {
    self.values = values.cast(to: .f32)
    self.type = type
  }

  /// What the values of a block take.
  private var valueSize: Int { type.elementCount * 4 }

  var byteCount: Int { values.byteCount / valueSize * type.byteCount }

  /// As many blocks as the values of a piece make.
  var pieceSize: Int { max(1, values.source.pieceSize / valueSize) * type.byteCount }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let width = type.byteCount
    let first = range.lowerBound / width
    let end = (range.upperBound + width - 1) / width
    let start = range.lowerBound - first * width
    return try withScratch((end - first) * width) { scratch in
      try values.source.withBytes((first * valueSize)..<(end * valueSize)) {
        type.encode($0, into: scratch)
      }
      return try body(UnsafeRawBufferPointer(rebasing: scratch[start..<(start + range.count)]))
    }
  }
}

/// The bytes of a source, then zeros.
struct PaddedSource: TensorSource {
  let base: any TensorSource
  let padding: Int

  var byteCount: Int { base.byteCount + padding }

  /// The last piece of the base has the padding with it, where it is all of it.
  var pieceSize: Int { base.pieceSize >= base.byteCount ? max(1, byteCount) : base.pieceSize }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let inner = range.clamped(to: 0..<base.byteCount)
    if inner == range { return try base.withBytes(range, body) }
    return try withScratch(range.count) { scratch in
      if !inner.isEmpty { try base.withBytes(inner) { scratch.copyMemory(from: $0) } }
      scratch[inner.count...].initializeMemory(as: UInt8.self, repeating: 0)
      return try body(UnsafeRawBufferPointer(scratch))
    }
  }
}
