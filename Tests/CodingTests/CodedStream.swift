import Coding
import Tensors

/// A stream as a container would hold it: the table and the chunks.
struct CodedStream: Equatable {
  let kind: StreamKind
  let type: ElementType
  let elementCount: Int
  var table: [UInt8]
  var chunks: [[UInt8]]

  init(_ kind: StreamKind, _ type: ElementType, _ bytes: [UInt8], rowLength: Int? = nil) throws {
    let encoder = try kind.encoder(of: MemorySource(bytes), type, rowLength: rowLength)
    let width = bytes.isEmpty ? 1 : bytes.count / max(1, encoder.layout.elementCount)
    self.kind = kind
    self.type = type
    elementCount = bytes.count * 8 / type.bitWidth
    table = encoder.table
    chunks = try (0..<encoder.layout.chunkCount).map { index in
      let range = encoder.layout.chunk(index)
      return try bytes.withUnsafeBytes { bytes in
        try encoder.encode(
          UnsafeRawBufferPointer(
            rebasing: bytes[(range.lowerBound * width)..<(range.upperBound * width)]),
          chunk: index)
      }
    }
  }

  init(
    _ kind: StreamKind, _ type: ElementType, elementCount: Int, table: [UInt8], chunks: [[UInt8]]
  ) {
    self.kind = kind
    self.type = type
    self.elementCount = elementCount
    self.table = table
    self.chunks = chunks
  }

  var size: Int { table.count + chunks.reduce(0) { $0 + $1.count } }

  /// All elements, or what is wrong with the bytes.
  func decoded(_ instructions: DecoderInstructions = .available) throws -> [UInt8] {
    let decoder = try table.withUnsafeBytes {
      try kind.decoder(table: $0, type, elementCount: elementCount, instructions: instructions)
    }
    let width = type.byteWidth ?? 1
    var result: [UInt8] = []
    for (index, chunk) in chunks.enumerated() where index < decoder.layout.chunkCount {
      let count = decoder.layout.chunk(index).count * width
      // Bytes on both sides, that nothing may be written to.
      let margin = 64
      var output = [UInt8](repeating: 0xA5, count: count + 2 * margin)
      try output.withUnsafeMutableBytes { output in
        try withExactCopy(of: chunk) { chunk in
          try decoder.decode(
            chunk, chunk: index,
            into: UnsafeMutableRawBufferPointer(rebasing: output[margin..<(margin + count)]))
        }
      }
      precondition(output[..<margin].allSatisfy { $0 == 0xA5 })
      precondition(output[(margin + count)...].allSatisfy { $0 == 0xA5 })
      result += output[margin..<(margin + count)]
    }
    return result
  }
}

/// Lends bytes in memory of exactly their size.
private func withExactCopy(
  of bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Void
) throws {
  let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
  defer { copy.deallocate() }
  copy.copyBytes(from: bytes)
  try body(UnsafeRawBufferPointer(copy))
}

/// Codes elements and decodes them with both kinds of instructions.
///
/// - Returns: whether all three are the same, and how many bytes the coded ones are.
func roundTrip(
  _ kind: StreamKind, _ type: ElementType, _ bytes: [UInt8], rowLength: Int? = nil
) throws -> (isSame: Bool, size: Int) {
  let stream = try CodedStream(kind, type, bytes, rowLength: rowLength)
  let isSame = try stream.decoded(.baseline) == bytes && stream.decoded() == bytes
  return (isSame, stream.size)
}

/// The bytes of elements, as a tensor has them.
func bytes<Value>(_ values: [Value]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }
