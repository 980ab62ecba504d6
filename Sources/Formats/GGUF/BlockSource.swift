import Kernels
import Tensors

/// Single-precision values that a file holds in blocks, decoded each time they are asked for.
struct BlockSource: TensorSource {
  /// The blocks as they stand in the file.
  let blocks: FileSource
  let type: BlockType

  init(_ blocks: FileSource, _ type: BlockType) {
    self.blocks = blocks
    self.type = type
  }

  /// What a block takes when it is decoded.
  private var blockSize: Int { type.elementCount * 4 }

  var byteCount: Int { blocks.byteCount / type.byteCount * blockSize }
  var pieceSize: Int { Self.usualPieceSize / blockSize * blockSize }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let first = range.lowerBound / blockSize
    let end = (range.upperBound + blockSize - 1) / blockSize
    let start = range.lowerBound - first * blockSize
    return try withScratch((end - first) * blockSize) { scratch in
      try blocks.withBytes((first * type.byteCount)..<(end * type.byteCount)) {
        type.decode($0, into: scratch.bindMemory(to: Float.self))
      }
      return try body(UnsafeRawBufferPointer(rebasing: scratch[start..<(start + range.count)]))
    }
  }
}
