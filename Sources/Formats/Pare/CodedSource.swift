import Coding
import Synchronization
import Tensors

/// A tensor whose elements are decoded when they are asked for, chunk by chunk, each held against its checksum.
///
/// Nothing is read of the stream before; its head is read once.
final class CodedSource: TensorSource {
  private let file: InputFile
  private let range: Range<Int>
  private let stream: StoredStream
  private let name: String
  let byteCount: Int
  private let known = Mutex<StreamDirectory?>(nil)

  /// - Parameters:
  ///   - range: of the stream in the file, which has it.
  ///   - name: of the tensor in whose bytes it lies.
  init(_ file: InputFile, _ range: Range<Int>, _ stream: StoredStream, name: String) {
    self.file = file
    self.range = range
    self.stream = stream
    self.name = name
    byteCount = stream.shape.byteCount(of: stream.type)!
  }

  /// A chunk; the whole where the head is damaged, so that the first who asks is told.
  var pieceSize: Int { (try? directory().chunkSize) ?? max(1, byteCount) }

  func withBytes<Result>(
    _ part: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard !part.isEmpty else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    let directory = try directory()
    let size = directory.chunkSize
    let chunks = (part.lowerBound / size)..<((part.upperBound - 1) / size + 1)
    let start = chunks.lowerBound * size
    let end = min(chunks.upperBound * size, byteCount)
    return try withScratch(end - start) { scratch in
      for chunk in chunks {
        let place = (chunk * size)..<min((chunk + 1) * size, byteCount)
        let output = UnsafeMutableRawBufferPointer(
          rebasing: scratch[(place.lowerBound - start)..<(place.upperBound - start)])
        try decode(chunk, of: directory, into: output)
      }
      let wanted = UnsafeRawBufferPointer(scratch)[
        (part.lowerBound - start)..<(part.upperBound - start)]
      return try body(UnsafeRawBufferPointer(rebasing: wanted))
    }
  }

  private func decode(
    _ index: Int, of directory: StreamDirectory, into output: UnsafeMutableRawBufferPointer
  ) throws {
    let chunk = directory.chunks[index]
    do {
      try file.withBytes(chunk.range) { coded in
        let found = checksum(coded)
        guard found == chunk.checksum else {
          throw Failure(PareReason.checksum(of: "a chunk", chunk.checksum, found: found))
        }
        if let decoder = directory.decoder {
          try decoder.decode(coded, chunk: index, into: output)
        } else {
          output.copyMemory(from: coded)
        }
      }
    } catch let failure as Failure {
      throw failure.within(
        Place(file: file.path, offset: chunk.range.lowerBound, tensor: name))
    }
  }

  private func directory() throws -> StreamDirectory {
    try known.withLock { known in
      if let known { return known }
      do {
        let directory = try StreamDirectory(file, range, stream, byteCount: byteCount)
        known = directory
        return directory
      } catch let failure as Failure {
        throw failure.within(Place(file: file.path, offset: range.lowerBound, tensor: name))
      }
    }
  }
}
