import Tensors

extension BlockType {
  /// Decodes blocks to single-precision values, bit for bit as `gguf.quants.dequantize` of gguf-py.
  ///
  /// - Precondition: the source is a whole number of blocks, and the target has room for their elements.
  package func decode(
    _ blocks: UnsafeRawBufferPointer, into target: UnsafeMutableBufferPointer<Float>
  ) {
    let count = blocks.count / byteCount
    precondition(blocks.count % byteCount == 0 && target.count >= count * elementCount)
    guard count > 0 else { return }
    let (source, values) = (blocks.baseAddress!, target.baseAddress!)
    switch self {
    case .q40: decodeEach(source, values, count, ScaledBlock.decodeQ40)
    case .q41: decodeEach(source, values, count, ScaledBlock.decodeQ41)
    case .q50: decodeEach(source, values, count, ScaledBlock.decodeQ50)
    case .q51: decodeEach(source, values, count, ScaledBlock.decodeQ51)
    case .q80: decodeEach(source, values, count, ScaledBlock.decodeQ80)
    case .iq4NL: decodeEach(source, values, count, ScaledBlock.decodeIQ4NL)
    case .q2K: decodeEach(source, values, count, SuperBlock.decodeQ2)
    case .q3K: decodeEach(source, values, count, SuperBlock.decodeQ3)
    case .q4K: decodeEach(source, values, count, SuperBlock.decodeQ4)
    case .q5K: decodeEach(source, values, count, SuperBlock.decodeQ5)
    case .q6K: decodeEach(source, values, count, SuperBlock.decodeQ6)
    }
  }

  @inline(__always)
  private func decodeEach(
    _ source: UnsafeRawPointer, _ values: UnsafeMutablePointer<Float>, _ count: Int,
    _ decode: (UnsafeRawPointer, UnsafeMutablePointer<Float>) -> Void
  ) {
    let (width, length) = (byteCount, elementCount)
    for index in 0..<count { decode(source + index &* width, values + index &* length) }
  }
}

extension UnsafeRawPointer {
  /// The half-precision number at an offset.
  @inline(__always)
  func half(at offset: Int) -> Float {
    Float(Float16(bitPattern: loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
  }

  /// The bytes from an offset on.
  @inline(__always)
  func bytes(at offset: Int) -> UnsafePointer<UInt8> {
    (self + offset).assumingMemoryBound(to: UInt8.self)
  }
}
