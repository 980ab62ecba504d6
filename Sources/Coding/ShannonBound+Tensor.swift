import Tensors

extension ShannonBound {
  /// The bits of a tensor's elements, coded one by one.
  ///
  /// What counts as a symbol depends on the type. Booleans and integers are symbols themselves; where some are
  /// beyond 16 bits, each of their bytes is, one plane of bytes at a time. Floating-point numbers are coded plane
  /// by plane too, turned left by one bit first, so that the exponent of F32 and BF16 is a plane of its own. Other
  /// types count as bytes.
  package static func bits(of tensor: Tensor) throws -> Double {
    switch tensor.elementType {
    case .i8, .u8, .bool: try planeBits(tensor, UInt8.self) { $0 }
    case .i16, .u16: try symbolBits(tensor, Int16.self) ?? 0
    case .i32: try symbolBits(tensor, Int32.self) ?? planeBits(tensor, UInt32.self) { $0 }
    case .u32: try symbolBits(tensor, UInt32.self) ?? planeBits(tensor, UInt32.self) { $0 }
    case .i64: try symbolBits(tensor, Int64.self) ?? planeBits(tensor, UInt64.self) { $0 }
    case .u64: try symbolBits(tensor, UInt64.self) ?? planeBits(tensor, UInt64.self) { $0 }
    case .f16, .bf16: try planeBits(tensor, UInt16.self) { $0 << 1 | $0 >> 15 }
    case .f32: try planeBits(tensor, UInt32.self) { $0 << 1 | $0 >> 31 }
    case .f64: try planeBits(tensor, UInt64.self) { $0 << 1 | $0 >> 63 }
    default: try planeBits(tensor, UInt8.self) { $0 }
    }
  }

  /// Of integers as symbols; nil where one does not lie within 16 bits about zero.
  private static func symbolBits<Value: FixedWidthInteger>(
    _ tensor: Tensor, _: Value.Type
  ) throws -> Double? {
    // Of unsigned ones of 16 bits, the upper half wraps round to the negative symbols: a renaming.
    var counts = [Int](repeating: 0, count: 1 << 16)
    var isWithin = true
    try eachPiece(of: tensor) { bytes in
      for index in 0..<(bytes.count / MemoryLayout<Value>.size) {
        let value = bytes.loadUnaligned(
          fromByteOffset: index &* MemoryLayout<Value>.size, as: Value.self)
        guard let symbol = Int16(exactly: value) else {
          isWithin = false
          return
        }
        counts[Int(UInt16(bitPattern: symbol))] &+= 1
      }
    }
    return isWithin ? bits(counts: counts) : nil
  }

  /// Of each byte of elements alone, after a rearrangement of their bits.
  private static func planeBits<Bits: FixedWidthInteger & UnsignedInteger>(
    _ tensor: Tensor, _: Bits.Type, _ arranged: (Bits) -> Bits
  ) throws -> Double {
    let width = MemoryLayout<Bits>.size
    var counts = [Int](repeating: 0, count: width << 8)
    try eachPiece(of: tensor) { bytes in
      counts.withUnsafeMutableBufferPointer { counts in
        for index in 0..<(bytes.count / width) {
          var rest = arranged(
            bytes.loadUnaligned(fromByteOffset: index &* width, as: Bits.self))
          for plane in 0..<width {
            counts[plane << 8 | Int(UInt8(truncatingIfNeeded: rest))] &+= 1
            rest = width > 1 ? rest >> 8 : 0
          }
        }
      }
    }
    return (0..<width).reduce(0) { $0 + bits(counts: counts[($1 << 8)..<(($1 + 1) << 8)]) }
  }

  private static func eachPiece(
    of tensor: Tensor, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    for piece in tensor.source.pieces { try tensor.source.withBytes(piece, body) }
  }
}
