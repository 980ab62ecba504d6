import Tensors

/// The kinds of entropy-coded streams, by what their elements are.
package enum StreamKind: String, CaseIterable, Sendable {
  /// Integers: quantized weights, indices of entries.
  case codes
  /// Booleans: which elements of a sparse tensor are kept.
  case mask
  /// Floating-point numbers, without loss.
  case floats
  /// Anything else, byte plane by byte plane.
  case bytes

  /// The kind that suits elements of a type.
  package init(_ type: ElementType) {
    switch type {
    case .bool: self = .mask
    case .f16, .bf16, .f32, .f64: self = .floats
    case .i8, .u8, .i16, .u16, .i32, .u32: self = .codes
    default: self = .bytes
    }
  }
}

/// The coder of one stream: what all chunks share has been gathered, and each is coded by itself.
///
/// The same elements give the same bytes, in whatever order and on whatever thread chunks are coded.
package protocol StreamEncoder: Sendable {
  var layout: StreamLayout { get }
  /// What a decoder needs beside the chunks.
  var table: [UInt8] { get }

  /// The coded bytes of a chunk.
  ///
  /// - Parameter elements: those of `layout.chunk(index)`, as they were when the encoder was made.
  func encode(_ elements: UnsafeRawBufferPointer, chunk index: Int) throws -> [UInt8]
}

/// The decoder of one stream: reads any chunk by itself.
///
/// Whatever the bytes are, it writes nothing but the elements of a chunk, or throws a ``CodingReason``. It
/// does not notice every damage: that is for a checksum to do.
package protocol StreamDecoder: Sendable {
  var layout: StreamLayout { get }

  /// Writes the elements of a chunk.
  ///
  /// - Precondition: the output has exactly the bytes of the elements of `layout.chunk(index)`.
  func decode(
    _ coded: UnsafeRawBufferPointer, chunk index: Int, into output: UnsafeMutableRawBufferPointer
  ) throws
}

extension StreamKind {
  /// An encoder of elements; gathers statistics in sweeps over them.
  ///
  /// - Parameter rowLength: of a matrix, its columns; nil where elements do not stand in rows that are
  ///   alike, as the values of a sparse tensor.
  /// - Throws: ``CodingReason`` if elements of the type cannot be coded so; what the source throws.
  package func encoder(
    of source: any TensorSource, _ type: ElementType, rowLength: Int?
  ) throws -> any StreamEncoder {
    switch self {
    case .codes: try CodeEncoder(source, type, rowLength: rowLength)
    case .mask: try MaskEncoder(source, type, rowLength: rowLength)
    case .floats: try PlaneEncoder(source, .floats, type, rowLength: rowLength)
    case .bytes: try PlaneEncoder(source, .bytes, type, rowLength: nil)
    }
  }

  /// A decoder of so many elements.
  ///
  /// - Parameter table: as the encoder made it.
  package func decoder(
    table: UnsafeRawBufferPointer, _ type: ElementType, elementCount: Int,
    instructions: DecoderInstructions = .available
  ) throws -> any StreamDecoder {
    switch self {
    case .codes:
      try CodeDecoder(table: table, type, elementCount: elementCount, instructions: instructions)
    case .mask:
      try MaskDecoder(table: table, type, elementCount: elementCount, instructions: instructions)
    case .floats:
      try PlaneDecoder(
        table: table, .floats, type, elementCount: elementCount, instructions: instructions)
    case .bytes:
      try PlaneDecoder(
        table: table, .bytes, type, elementCount: elementCount, instructions: instructions)
    }
  }
}
