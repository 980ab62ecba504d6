import Tensors

/// The rows of a matrix of which a mask keeps some blocks, the rest zero.
package struct MaskedRows: RowReader {
  package let rows: Int
  package let columns: Int
  private let mask: MaskGeometry
  private let values: Tensor
  /// Of the values, where they are codes; a code stands for one value.
  private let decoder: (any CodeDecoder)?

  /// - Parameter decoder: nil where the values are floats.
  /// - Throws: ``Failure`` if there is not a value for each kept element.
  package init(_ mask: MaskGeometry, values: Tensor, decoder: (any CodeDecoder)?) throws {
    guard values.elementCount == mask.keptCount, decoder?.codeWidth ?? 1 == 1 else {
      throw Failure(
        CodeReason.parts(
          "values of shape \(values.shape) under a mask", rows: mask.rows, columns: mask.columns))
    }
    rows = mask.rows
    columns = mask.columns
    self.mask = mask
    self.values = values
    self.decoder = decoder
  }

  package var bandHeight: Int {
    let isWhole =
      values.source.pieceSize >= values.byteCount
      || mask.kept.source.pieceSize >= mask.kept.byteCount
    guard !isWhole else { return rows }
    return max(1, Self.usualBandHeight(columns: columns) / mask.height) * mask.height
  }

  /// Fetches the values of all rows together: a source that works them out does so once.
  package func read(_ rows: Range<Int>, into target: UnsafeMutableBufferPointer<Float>) throws {
    precondition(target.count == rows.count * columns)
    guard let start = target.baseAddress else { return }
    let width = values.elementType.byteWidth ?? 1
    let fetched = mask.keptElements(covering: rows)
    try values.source.withBytes((fetched.lowerBound * width)..<(fetched.upperBound * width)) {
      bytes in
      try mask.eachBlockRow(of: rows) { blockRow, blocks in
        let members = mask.keptElements(ofBlockRow: blockRow)
        guard blocks.count == members.count else { throw Failure(MaskReason.changed) }
        let first = (members.lowerBound - fetched.lowerBound) * width
        let own = UnsafeRawBufferPointer(rebasing: bytes[first..<(first + members.count * width)])
        let covered = (blockRow * mask.height)..<((blockRow + 1) * mask.height)
        if rows.contains(covered.lowerBound), rows.upperBound >= covered.upperBound {
          let place = (covered.lowerBound - rows.lowerBound) * columns
          return try decode(own, blocks, blockRow, into: start + place)
        }
        try withScratch(covered.count * columns * 4) { scratch in
          let whole = scratch.bindMemory(to: Float.self).baseAddress!
          try decode(own, blocks, blockRow, into: whole)
          for row in covered.clamped(to: rows) {
            let (to, from) = (row - rows.lowerBound, row - covered.lowerBound)
            (start + to * columns).update(from: whole + from * columns, count: columns)
          }
        }
      }
    }
  }

  private func decode(
    _ bytes: UnsafeRawBufferPointer, _ blocks: MaskBlocks, _ blockRow: Int,
    into target: UnsafeMutablePointer<Float>
  ) throws {
    try withScratch((blocks.count + 1) * 4) { scratch in
      guard let decoder else {
        let singles = UnsafeMutableRawBufferPointer(rebasing: scratch[..<(blocks.count * 4)])
        Cast.convert(bytes, values.elementType, to: singles, .f32)
        let survivors = scratch.bindMemory(to: Float.self).baseAddress!
        return blocks.scatter(UnsafePointer(survivors), elsewhere: 0, into: target)
      }
      let survivors = UnsafeMutableBufferPointer(
        rebasing: scratch.bindMemory(to: Int32.self)[..<blocks.count])
      try Codes.read(bytes, values.elementType, into: survivors)
      try decode(codes: survivors, blocks, blockRow, decoder, into: target)
    }
  }

  /// Decodes all places, whatever code stands where there is none, and clears those that are not kept.
  private func decode(
    codes: UnsafeMutableBufferPointer<Int32>, _ blocks: MaskBlocks, _ blockRow: Int,
    _ decoder: any CodeDecoder, into target: UnsafeMutablePointer<Float>
  ) throws {
    guard let survivors = codes.baseAddress, !codes.isEmpty else {
      return target.update(repeating: 0, count: mask.height * columns)
    }
    try withScratch(mask.height * columns * 4) { scratch in
      let wide = scratch.bindMemory(to: Int32.self)
      blocks.scatter(UnsafePointer(survivors), elsewhere: 0, into: wide.baseAddress!)
      for row in 0..<mask.height {
        let own = UnsafeBufferPointer(rebasing: wide[(row * columns)..<((row + 1) * columns)])
        try decoder.decode(
          row: blockRow * mask.height + row, own, into: target + row * columns)
      }
    }
    blocks.clear(target)
  }
}
