import Tensors

/// A sweep over the elements of a source, chunk by chunk from the first.
///
/// Asks for as much at a time as the source likes to be asked for, so that one which can only produce the
/// whole does so once.
package func eachChunk(
  of source: any TensorSource, _ layout: StreamLayout, width: Int,
  _ body: (Int, UnsafeRawBufferPointer) throws -> Void
) throws {
  let size = layout.chunkLength * width
  let atOnce = max(1, (source.pieceSize + size - 1) / size)
  for first in stride(from: 0, to: layout.chunkCount, by: atOnce) {
    let chunks = first..<min(first + atOnce, layout.chunkCount)
    let range = (first * size)..<min(chunks.upperBound * size, source.byteCount)
    try source.withBytes(range) { bytes in
      for chunk in chunks {
        let start = (chunk - first) * size
        let end = min(start + size, bytes.count)
        try body(chunk, UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      }
    }
  }
}
