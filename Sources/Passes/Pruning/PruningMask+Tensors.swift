import Checkpoints
import Tensors

extension PruningMask {
  /// The mask as storage holds it.
  var mask: Mask {
    let shape = matrix.shape
    let kept: Shape = shape.rank == 2 ? [blocksDown, blocksAcross] : shape
    return Mask(
      kept: Tensor(.bool, kept, source: KeptBlocks(mask: self)), denseShape: shape,
      block: matrix.block)
  }

  /// The weights or codes that are kept, in the order of storage.
  var survivors: Tensor {
    let count = keptCount * matrix.block.elementCount
    return Tensor(matrix.elements.elementType, [count], source: Survivors(mask: self))
  }

  /// All weights, zeros where they are masked.
  var maskedWeights: Tensor {
    Tensor(matrix.elements.elementType, matrix.shape, source: MaskedElements(mask: self))
  }

  /// Bytes of a row of blocks of the matrix.
  fileprivate var rowSize: Int { matrix.block[0] * columns * width }
  fileprivate var width: Int { matrix.elements.elementType.byteWidth! }

  /// Lends the elements of some rows of blocks, and which blocks of them are kept.
  fileprivate func withElements<Result>(
    _ rows: Range<Int>,
    _ body: (UnsafeRawBufferPointer, UnsafeBufferPointer<UInt8>) throws -> Result
  ) throws -> Result {
    try withKept(rows) { kept in
      let range = (rows.lowerBound * rowSize)..<(rows.upperBound * rowSize)
      return try matrix.elements.source.withBytes(range) { try body($0, kept) }
    }
  }

  /// The rows of blocks that hold a range of what has so much to a row of blocks, and where the range begins in them.
  fileprivate func rows(of range: Range<Int>, each size: Int) -> (Range<Int>, offset: Int) {
    let first = range.lowerBound / size
    return (first..<((range.upperBound + size - 1) / size), range.lowerBound - first * size)
  }
}

/// For each block whether it is kept.
private struct KeptBlocks: TensorSource {
  let mask: PruningMask

  var byteCount: Int { mask.blocksDown * mask.blocksAcross }

  var pieceSize: Int {
    let scores = mask.matrix.scores.source
    guard scores.pieceSize < scores.byteCount else { return max(1, byteCount) }
    return max(1, scores.pieceSize / (mask.blocksAcross * 4)) * mask.blocksAcross
  }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let (rows, offset) = mask.rows(of: range, each: mask.blocksAcross)
    return try mask.withKept(rows) {
      try body(
        UnsafeRawBufferPointer(
          rebasing: UnsafeRawBufferPointer($0)[offset..<(offset + range.count)])
      )
    }
  }
}

/// All elements of a matrix, zeros where they are masked.
private struct MaskedElements: TensorSource {
  let mask: PruningMask

  var byteCount: Int { mask.matrix.elements.byteCount }

  var pieceSize: Int {
    let (scores, elements) = (mask.matrix.scores.source, mask.matrix.elements.source)
    guard scores.pieceSize < scores.byteCount, elements.pieceSize < byteCount else {
      return max(1, byteCount)
    }
    return max(1, elements.pieceSize / mask.rowSize) * mask.rowSize
  }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let (rows, offset) = mask.rows(of: range, each: mask.rowSize)
    return try withScratch(rows.count * mask.rowSize) { scratch in
      try mask.withElements(rows) { bytes, kept in
        let blocks = BlockRows(mask, bytes: bytes, kept: kept)
        switch mask.width {
        case 1: blocks.fill(scratch, UInt8.self)
        case 2: blocks.fill(scratch, UInt16.self)
        case 4: blocks.fill(scratch, UInt32.self)
        default: blocks.fill(scratch, UInt64.self)
        }
      }
      return try body(UnsafeRawBufferPointer(rebasing: scratch[offset..<(offset + range.count)]))
    }
  }
}

/// The kept elements of a matrix, row-major or block after block.
private struct Survivors: TensorSource {
  let mask: PruningMask

  private var blockSize: Int { mask.matrix.block.elementCount * mask.width }
  var byteCount: Int { mask.keptCount * blockSize }

  var pieceSize: Int {
    let elements = mask.matrix.elements.source
    guard elements.pieceSize < elements.byteCount else { return max(1, byteCount) }
    return Self.usualPieceSize
  }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let kept = (range.lowerBound / blockSize)..<((range.upperBound + blockSize - 1) / blockSize)
    let (pieces, start) = mask.pieces(holding: range.isEmpty ? 0..<0 : kept)
    let room = pieces.reduce(0) { $0 + $1.count } * mask.rowSize
    return try withScratch(room + blockSize) { scratch in
      var place = 0
      for piece in pieces {
        try mask.withElements(piece) { bytes, kept in
          let blocks = BlockRows(mask, bytes: bytes, kept: kept)
          let target = scratch.baseAddress! + place
          switch mask.width {
          case 1: place += blocks.gather(into: target, UInt8.self)
          case 2: place += blocks.gather(into: target, UInt16.self)
          case 4: place += blocks.gather(into: target, UInt32.self)
          default: place += blocks.gather(into: target, UInt64.self)
          }
        }
      }
      let offset = range.lowerBound - start * blockSize
      return try body(
        UnsafeRawBufferPointer(rebasing: scratch[offset..<(offset + range.count)]))
    }
  }
}

/// Some rows of blocks, and which blocks of them are kept.
private struct BlockRows {
  private let bytes: UnsafeRawBufferPointer
  private let kept: UnsafeBufferPointer<UInt8>
  private let columns: Int
  private let across: Int
  private let height: Int
  private let width: Int

  init(_ mask: PruningMask, bytes: UnsafeRawBufferPointer, kept: UnsafeBufferPointer<UInt8>) {
    (self.bytes, self.kept) = (bytes, kept)
    (columns, across) = (mask.columns, mask.blocksAcross)
    (height, width) = (mask.matrix.block[0], mask.matrix.block[1])
  }

  /// Writes all elements, zeros for those of masked blocks.
  @inline(__always)
  func fill<Bits: FixedWidthInteger & UnsignedInteger>(
    _ target: UnsafeMutableRawBufferPointer, _: Bits.Type
  ) {
    guard let source = bytes.baseAddress, let output = target.baseAddress else { return }
    let size = MemoryLayout<Bits>.size
    func copy(_ place: Int, _ isKept: UInt8) {
      let element = source.loadUnaligned(fromByteOffset: place &* size, as: Bits.self)
      let all = 0 &- Bits(truncatingIfNeeded: isKept)
      output.storeBytes(of: element & all, toByteOffset: place &* size, as: Bits.self)
    }
    if height == 1, width == 1 {
      for place in 0..<kept.count { copy(place, kept[place]) }
      return
    }
    for row in 0..<(kept.count / across * height) {
      let blocks = row / height * across
      for column in 0..<columns { copy(row &* columns &+ column, kept[blocks &+ column / width]) }
    }
  }

  /// Writes the elements of kept blocks one after another; the target has room for one block more than there are.
  ///
  /// - Returns: the bytes written.
  @inline(__always)
  func gather<Bits: FixedWidthInteger>(into target: UnsafeMutableRawPointer, _: Bits.Type) -> Int {
    guard let source = bytes.baseAddress else { return 0 }
    let size = MemoryLayout<Bits>.size
    var end = 0
    func copy(from place: Int, to output: Int) {
      let element = source.loadUnaligned(fromByteOffset: place &* size, as: Bits.self)
      target.storeBytes(of: element, toByteOffset: output &* size, as: Bits.self)
    }
    if height == 1, width == 1 {
      // Written whether kept or not, which costs less than to decide.
      for place in 0..<kept.count {
        copy(from: place, to: end)
        end &+= Int(kept[place])
      }
      return end * size
    }
    for block in 0..<kept.count where kept[block] != 0 {
      let (row, column) = (block / across * height, block % across * width)
      for inner in 0..<height {
        for across in 0..<width {
          copy(from: (row &+ inner) &* columns &+ column &+ across, to: end)
          end &+= 1
        }
      }
    }
    return end * size
  }
}
