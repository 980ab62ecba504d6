import Tensors

extension Tensor {
  /// The numbers of a buffer, which the tensor keeps alive: what is written to the buffer later is seen.
  init(_ buffer: FloatBuffer, rows: Int, columns: Int) {
    precondition(buffer.count == rows * columns)
    self.init(.f32, [rows, columns], source: BufferSource(buffer: buffer))
  }

  /// Some rows of a buffer, `[rows, columns]`.
  init(_ buffer: FloatBuffer, taking rows: [Int32], columns: Int) {
    self.init(
      .f32, [rows.count, columns],
      source: BufferRowsSource(buffer: buffer, rows: rows, columns: columns))
  }

  /// Whether numbers of a buffer are not zero, as bytes of 1 and 0.
  init(mask buffer: FloatBuffer, rows: Int, columns: Int) {
    self.init(.u8, [rows, columns], source: BufferMaskSource(buffer: buffer))
  }
}

private struct BufferSource: TensorSource {
  let buffer: FloatBuffer

  var byteCount: Int { buffer.count * 4 }
  var pieceSize: Int { Self.usualPieceSize }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try withExtendedLifetime(buffer) {
      try body(
        UnsafeRawBufferPointer(
          start: UnsafeRawPointer(buffer.start) + range.lowerBound, count: range.count))
    }
  }
}

private struct BufferRowsSource: TensorSource {
  let buffer: FloatBuffer
  let rows: [Int32]
  let columns: Int

  var byteCount: Int { rows.count * columns * 4 }
  var pieceSize: Int { Self.usualPieceSize }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let width = columns * 4
    return try withScratch(range.count) { scratch in
      var offset = range.lowerBound
      while offset < range.upperBound {
        let end = min(range.upperBound, (offset / width + 1) * width)
        let row = UnsafeRawPointer(buffer.start + Int(rows[offset / width]) * columns)
        let part = UnsafeRawBufferPointer(start: row + offset % width, count: end - offset)
        UnsafeMutableRawBufferPointer(rebasing: scratch[(offset - range.lowerBound)...])
          .copyMemory(from: part)
        offset = end
      }
      return try withExtendedLifetime(buffer) { try body(UnsafeRawBufferPointer(scratch)) }
    }
  }
}

private struct BufferMaskSource: TensorSource {
  let buffer: FloatBuffer

  var byteCount: Int { buffer.count }
  var pieceSize: Int { Self.usualPieceSize }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try withScratch(range.count) { scratch in
      for (place, index) in range.enumerated() { scratch[place] = buffer.start[index] == 0 ? 0 : 1 }
      return try body(UnsafeRawBufferPointer(scratch))
    }
  }
}
