import Tensors

/// A mask over the blocks of a matrix, and where the elements of each row of blocks begin among all that are kept.
package struct MaskGeometry: Sendable {
  package let rows: Int
  package let columns: Int
  /// Rows of a block.
  package let height: Int
  /// Columns of a block.
  package let width: Int
  /// One byte for each block, row-major.
  let kept: Tensor
  /// For each row of blocks and behind the last: the elements kept before it.
  private let starts: [Int]

  package var keptCount: Int { starts.last ?? 0 }
  private var across: Int { columns / width }

  /// Goes through the mask once.
  ///
  /// - Precondition: blocks are not empty and divide the matrix, and there is a byte for each.
  package init(_ kept: Tensor, rows: Int, columns: Int, height: Int, width: Int) throws {
    precondition(height > 0 && width > 0 && rows % height == 0 && columns % width == 0)
    precondition(kept.byteCount == rows / height * (columns / width))
    self.rows = rows
    self.columns = columns
    self.height = height
    self.width = width
    self.kept = kept
    let across = columns / width
    var (starts, total) = ([0], 0)
    if across > 0 {
      let isWhole = kept.source.pieceSize >= kept.byteCount
      let step = isWhole ? rows / height : max(1, kept.source.pieceSize / across)
      for band in (0..<(rows / height)).split(by: max(1, step)) {
        try kept.source.withBytes((band.lowerBound * across)..<(band.upperBound * across)) {
          for row in 0..<band.count {
            let own = UnsafeRawBufferPointer(rebasing: $0[(row * across)..<((row + 1) * across)])
            total += MaskBlocks(kept: own, height: height, width: width).count
            starts.append(total)
          }
        }
      }
    }
    self.starts = starts
  }

  func keptElements(ofBlockRow row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }

  /// The kept elements of the rows of blocks that cover some rows of the matrix.
  func keptElements(covering rows: Range<Int>) -> Range<Int> {
    guard across > 0, !rows.isEmpty else { return 0..<0 }
    return starts[rows.lowerBound / height]..<starts[rows.upperBound.groups(of: height)]
  }

  /// Lends the rows of blocks that cover some rows of the matrix.
  func eachBlockRow(of rows: Range<Int>, _ body: (Int, MaskBlocks) throws -> Void) throws {
    guard across > 0, !rows.isEmpty else { return }
    let blocks = (rows.lowerBound / height)..<rows.upperBound.groups(of: height)
    try kept.source.withBytes((blocks.lowerBound * across)..<(blocks.upperBound * across)) {
      for (index, row) in blocks.enumerated() {
        let own = UnsafeRawBufferPointer(rebasing: $0[(index * across)..<((index + 1) * across)])
        try body(row, MaskBlocks(kept: own, height: height, width: width))
      }
    }
  }

  /// How many elements of each row are kept.
  package func keptCountsOfRows() throws -> [Int] {
    var counts: [Int] = []
    counts.reserveCapacity(rows)
    try eachBlockRow(of: 0..<rows) { _, blocks in
      counts += repeatElement(blocks.count / height, count: height)
    }
    return counts.isEmpty ? [Int](repeating: 0, count: rows) : counts
  }

  /// The kept elements of a row-major matrix of elements of so many bytes, in the order of a sparse storage's values.
  package func gather(_ matrix: [UInt8], elementWidth: Int) throws -> [UInt8] {
    precondition(matrix.count == rows * columns * elementWidth)
    return try [UInt8](unsafeUninitializedCapacity: keptCount * elementWidth) { target, count in
      try matrix.withUnsafeBytes { matrix in
        try eachBlockRow(of: 0..<rows) { row, blocks in
          let members = keptElements(ofBlockRow: row)
          guard blocks.count == members.count else { throw Failure(MaskReason.changed) }
          guard !members.isEmpty else { return }
          let start = matrix.baseAddress! + row * height * columns * elementWidth
          count += blocks.gather(
            start, elementWidth: elementWidth,
            into: UnsafeMutableRawPointer(target.baseAddress!) + count)
        }
      }
    }
  }
}

/// What is wrong with a mask.
package enum MaskReason: Reason {
  case changed

  package var description: String { "the mask has changed while it was read" }
}
