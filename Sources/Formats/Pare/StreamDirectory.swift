import Coding
import Tensors

/// The head of a stream: its coder's table, and where its chunks lie.
struct StreamDirectory: Sendable {
  /// Nil where elements stand as they are.
  let decoder: (any StreamDecoder)?
  /// What a chunk decodes to, in bytes; the last one may be shorter.
  let chunkSize: Int
  let chunks: [Chunk]

  struct Chunk: Sendable {
    /// In the file.
    var range: Range<Int>
    var checksum: UInt32
  }

  private static let frameSize = 8
  private static let chunkEntrySize = 8

  /// - Parameters:
  ///   - range: of the stream in the file, which has it.
  ///   - byteCount: of all elements.
  /// - Throws: ``Failure`` where the head is damaged or its parts do not fit one another.
  init(_ file: InputFile, _ range: Range<Int>, _ stream: StoredStream, byteCount: Int) throws {
    guard range.count >= Self.frameSize else {
      throw Failure(PareReason.head(Self.frameSize, found: range.count))
    }
    let (size, expected) = try file.withBytes(
      range.lowerBound..<(range.lowerBound + Self.frameSize)
    ) { (Int($0.word(at: 0)), $0.word(at: 4)) }
    guard size >= 4, size <= range.count - Self.frameSize else {
      throw Failure(PareReason.head(range.count - Self.frameSize, found: size))
    }
    let start = range.lowerBound + Self.frameSize
    self = try file.withBytes(start..<(start + size)) { head in
      let found = checksum(head)
      guard found == expected else {
        throw Failure(PareReason.checksum(of: "the head of a stream", expected, found: found))
      }
      return try StreamDirectory(
        head, stream, byteCount: byteCount, data: (start + size)..<range.upperBound)
    }
  }

  private init(
    _ head: UnsafeRawBufferPointer, _ stream: StoredStream, byteCount: Int, data: Range<Int>
  ) throws {
    let tableSize = Int(head.word(at: 0))
    guard tableSize <= head.count - 4 else {
      throw Failure(PareReason.head(4 + tableSize, found: head.count))
    }
    let table = UnsafeRawBufferPointer(rebasing: head[4..<(4 + tableSize)])
    if let kind = stream.coder.kind {
      let decoder = try kind.decoder(
        table: table, stream.type, elementCount: stream.shape.elementCount)
      self.decoder = decoder
      chunkSize = decoder.layout.chunkLength * (stream.type.byteWidth ?? 1)
    } else {
      guard tableSize == 0 else { throw Failure(PareReason.head(4, found: head.count)) }
      decoder = nil
      chunkSize = CodedStreams.rawChunk
    }
    let count = byteCount == 0 ? 0 : (byteCount - 1) / chunkSize + 1
    let entries = UnsafeRawBufferPointer(rebasing: head[(4 + tableSize)...])
    guard entries.count % Self.chunkEntrySize == 0, entries.count / Self.chunkEntrySize == count
    else {
      throw Failure(
        PareReason.head(
          4 + tableSize + count * Self.chunkEntrySize, found: head.count))
    }
    var end = data.lowerBound
    chunks = (0..<count).map { index in
      let place = index * Self.chunkEntrySize
      let start = end
      end += Int(entries.word(at: place))
      return Chunk(range: start..<end, checksum: entries.word(at: place + 4))
    }
    guard end == data.upperBound else {
      throw Failure(PareReason.chunkBytes(end - data.lowerBound, found: data.count))
    }
    if decoder == nil { try checkRaw(byteCount) }
  }

  private func checkRaw(_ byteCount: Int) throws {
    for (index, chunk) in chunks.enumerated() {
      let expected = min(chunkSize, byteCount - index * chunkSize)
      guard chunk.range.count == expected else {
        throw Failure(PareReason.rawBytes(chunk.range.count, expected: expected))
      }
    }
  }
}

extension UnsafeRawBufferPointer {
  /// 32 bits, the lowest byte first.
  fileprivate func word(at offset: Int) -> UInt32 {
    UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }
}
