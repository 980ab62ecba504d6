import Tensors

/// A dataset stored in chunks, which are read, unfiltered and put together when its bytes are asked
/// for.
///
/// A part costs the chunks that its rows touch, each as a whole; pieces begin where chunks do, so that
/// whoever goes through all of them unpacks every chunk once.
struct ChunkedSource: TensorSource {
  private let file: HDF5Bytes
  private let elementSize: Int
  private let pipeline: HDF5Pipeline
  private let fill: [UInt8]
  /// Of the dataset and of a chunk, in elements; trailing axes that a chunk spans are one with the
  /// axis before.
  private let lengths: [Int]
  private let chunkLengths: [Int]
  /// By their first rows.
  private let chunks: [Chunk]
  let byteCount: Int

  let pieceSize: Int

  private struct Chunk: Sendable {
    var start: [Int]
    var mask: UInt32
    var range: Range<Int>
  }

  /// - Parameters:
  ///   - lengths: of the axes of the dataset, none of which is 0.
  ///   - byteCount: of the whole dataset.
  /// - Throws: ``Failure`` if the table of chunks does not fit the dataset or the file.
  init(
    _ file: HDF5Bytes, lengths: [Int], elementSize: Int, byteCount: Int, table: HDF5ChunkTable,
    pipeline: HDF5Pipeline, fill: [UInt8]
  ) throws {
    guard table.lengths.count == lengths.count, !lengths.isEmpty else {
      throw Failure(HDF5Reason.wrongChunkRank(table.lengths.count, expected: lengths.count))
    }
    let size = Shape(checking: table.lengths)?.elementCount.multipliedReportingOverflow(
      by: elementSize)
    guard let size, !size.overflow, size.partialValue > 0 else {
      throw Failure(HDF5Reason.chunkLengths(table.lengths))
    }
    self.file = file
    self.elementSize = elementSize
    self.byteCount = byteCount
    self.pipeline = pipeline
    self.fill = fill
    let folded = zip(lengths, table.lengths).reversed().prefix { $0 == $1 }.count
    // The axis before the folded ones takes them in; where all are folded, that is the first.
    let kept = max(1, lengths.count - folded)
    let width = lengths[kept...].reduce(1, *)
    self.lengths = lengths[..<(kept - 1)] + [lengths[kept - 1] * width]
    let chunkLengths = table.lengths[..<(kept - 1)] + [table.lengths[kept - 1] * width]
    self.chunkLengths = Array(chunkLengths)
    let rowSize = byteCount / max(1, self.lengths[0])
    pieceSize = Self.pieceSize(rowSize, rows: self.chunkLengths[0], of: byteCount)
    let chunks: [Chunk] = try table.chunks.indices.compactMap { index in
      var start = Array(table.starts[(index * lengths.count)..<((index + 1) * lengths.count)])
      guard zip(start, table.lengths).allSatisfy({ $0 % $1 == 0 }) else {
        throw Failure(HDF5Reason.misplacedChunk(start))
      }
      // What a dataset left behind when it shrank.
      guard zip(start, lengths).allSatisfy({ $0 < $1 }) else { return nil }
      start.removeSubrange(kept...)
      start[kept - 1] *= width
      let chunk = table.chunks[index]
      return Chunk(
        start: start, mask: chunk.mask, range: try file.range(chunk.offset, chunk.byteCount))
    }
    self.chunks = chunks.sorted { $0.start.lexicographicallyPrecedes($1.start) }
  }

  /// As many rows of chunks as make a piece of the usual size, or the whole.
  private static func pieceSize(_ rowSize: Int, rows: Int, of byteCount: Int) -> Int {
    let (slab, overflow) = rowSize.multipliedReportingOverflow(by: rows)
    guard !overflow, slab > 0, slab < byteCount else { return max(1, byteCount) }
    return slab * max(1, usualPieceSize / slab)
  }

  /// The first chunk that ends behind a row.
  private func firstChunk(reaching row: Int) -> Int {
    var (low, high) = (0, chunks.count)
    while low < high {
      let middle = (low + high) / 2
      let end = chunks[middle].start[0].addingClamped(chunkLengths[0])
      if end <= row { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let rowSize = byteCount / lengths[0]
    let rows = (range.lowerBound / rowSize)..<((range.upperBound + rowSize - 1) / rowSize)
    return try withZeroedMemory(rows.count * rowSize) { region in
      region.repeat(fill)
      for chunk in chunks[firstChunk(reaching: rows.lowerBound)...] {
        guard chunk.start[0] < rows.upperBound else { break }
        try read(chunk, into: region, rows: rows)
      }
      let start = range.lowerBound - rows.lowerBound * rowSize
      return try body(
        UnsafeRawBufferPointer(
          rebasing: UnsafeRawBufferPointer(region)[start...].prefix(range.count)))
    }
  }

  private func read(
    _ chunk: Chunk, into region: UnsafeMutableRawBufferPointer, rows: Range<Int>
  ) throws {
    let size = chunkLengths.reduce(elementSize, *)
    do {
      try file.file.withBytes(chunk.range) { stored in
        try pipeline.withChunk(stored, mask: chunk.mask, byteCount: size) { bytes in
          copy(bytes, of: chunk, into: region, rows: rows)
        }
      }
    } catch let failure as Failure {
      throw failure.within(Place(file: file.file.path, offset: chunk.range.lowerBound))
    }
  }

  /// Copies what a chunk and a range of the dataset's rows have in common, one run along the last axis
  /// at a time.
  private func copy(
    _ bytes: UnsafeRawBufferPointer, of chunk: Chunk, into region: UnsafeMutableRawBufferPointer,
    rows: Range<Int>
  ) {
    let last = lengths.count - 1
    var bounds = zip(chunk.start, zip(chunkLengths, lengths)).map { start, both in
      start..<min(start.addingClamped(both.0), both.1)
    }
    bounds[0] = bounds[0].clamped(to: rows)
    let run = bounds[last].count * elementSize
    guard bounds.allSatisfy({ !$0.isEmpty }) else { return }
    var place = bounds.map(\.lowerBound)
    while true {
      var (source, target) = (0, 0)
      for axis in 0...last {
        source = source * chunkLengths[axis] + place[axis] - chunk.start[axis]
        target = target * lengths[axis] + place[axis] - (axis == 0 ? rows.lowerBound : 0)
      }
      UnsafeMutableRawBufferPointer(
        rebasing: region[(target * elementSize)..<(target * elementSize + run)]
      ).copyMemory(
        from: UnsafeRawBufferPointer(
          rebasing: bytes[(source * elementSize)..<(source * elementSize + run)]))
      // The next place in row-major order, the last axis being done with.
      var axis = last - 1
      while axis >= 0 {
        place[axis] += 1
        if place[axis] < bounds[axis].upperBound { break }
        place[axis] = bounds[axis].lowerBound
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
