import Tensors

extension Tensor {
  /// A tensor of floats in memory.
  public init(_ values: [Float], _ shape: Shape) {
    self.init(.f32, shape, source: MemorySource(values.withUnsafeBytes { [UInt8]($0) }))
  }

  /// All bytes.
  public func allBytes() throws -> [UInt8] { try withBytes { [UInt8]($0) } }

  /// All elements of an F32 tensor.
  public func floats() throws -> [Float] {
    try withBytes { bytes in
      (0..<elementCount).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
  }
}
