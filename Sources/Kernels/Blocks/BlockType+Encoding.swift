import Tensors

extension BlockType {
  /// The types that values can be rounded to.
  package static let writable: [BlockType] = [.q80, .q51, .q50, .q41, .q40]

  /// Rounds single-precision values to blocks, bit for bit as `gguf.quants.quantize` of gguf-py, which
  /// is as ggml's reference.
  ///
  /// - Precondition: the type is among ``writable``, the values are those of whole blocks, and the
  ///   target has room for them.
  package func encode(
    _ values: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) {
    let count = values.count / (elementCount * 4)
    precondition(values.count % (elementCount * 4) == 0 && target.count >= count * byteCount)
    guard count > 0 else { return }
    let (source, blocks) = (values.baseAddress!, target.baseAddress!)
    switch self {
    case .q80: encodeEach(source, blocks, count, BlockRounding.encodeQ80)
    case .q51: encodeEach(source, blocks, count, BlockRounding.encodeQ51)
    case .q50: encodeEach(source, blocks, count, BlockRounding.encodeQ50)
    case .q41: encodeEach(source, blocks, count, BlockRounding.encodeQ41)
    case .q40: encodeEach(source, blocks, count, BlockRounding.encodeQ40)
    case .q2K, .q3K, .q4K, .q5K, .q6K, .iq4NL:
      preconditionFailure("values are not rounded to \(rawValue)")
    }
  }

  @inline(__always)
  private func encodeEach(
    _ source: UnsafeRawPointer, _ blocks: UnsafeMutableRawPointer, _ count: Int,
    _ encode: (UnsafeRawPointer, UnsafeMutableRawPointer) -> Void
  ) {
    let (width, length) = (byteCount, elementCount * 4)
    for index in 0..<count { encode(source + index &* length, blocks + index &* width) }
  }
}
