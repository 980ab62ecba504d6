/// Blocks of 32 elements with one scale, a half-precision number, and at most one minimum.
///
/// Element `i` of the first half and element `i + 16` share byte `i`: the lower and the upper nibble.
/// The fifth bits of Q5_0 and Q5_1 are those of one little-endian word. Source: `ggml-quants.c`.
enum ScaledBlock {
  /// `d f16 | q 16`: x = d · (q − 8).
  @inline(__always)
  static func decodeQ40(_ block: UnsafeRawPointer, _ values: UnsafeMutablePointer<Float>) {
    let (scale, codes) = (block.half(at: 0), block.bytes(at: 2))
    for index in 0..<16 {
      let byte = Int32(codes[index])
      values[index] = scale * Float((byte & 15) &- 8)
      values[index &+ 16] = scale * Float((byte >> 4) &- 8)
    }
  }

  /// `d f16 | m f16 | q 16`: x = d · q + m.
  @inline(__always)
  static func decodeQ41(_ block: UnsafeRawPointer, _ values: UnsafeMutablePointer<Float>) {
    let (scale, minimum, codes) = (block.half(at: 0), block.half(at: 2), block.bytes(at: 4))
    for index in 0..<16 {
      let byte = Int32(codes[index])
      values[index] = scale * Float(byte & 15) + minimum
      values[index &+ 16] = scale * Float(byte >> 4) + minimum
    }
  }

  /// `d f16 | fifth bits u32 | q 16`: x = d · (q − 16).
  @inline(__always)
  static func decodeQ50(_ block: UnsafeRawPointer, _ values: UnsafeMutablePointer<Float>) {
    let (scale, codes) = (block.half(at: 0), block.bytes(at: 6))
    let high = block.loadUnaligned(fromByteOffset: 2, as: UInt32.self)
    for index in 0..<16 {
      let (low, up) = fiveBits(codes[index], high, index)
      values[index] = scale * Float(low &- 16)
      values[index &+ 16] = scale * Float(up &- 16)
    }
  }

  /// `d f16 | m f16 | fifth bits u32 | q 16`: x = d · q + m.
  @inline(__always)
  static func decodeQ51(_ block: UnsafeRawPointer, _ values: UnsafeMutablePointer<Float>) {
    let (scale, minimum, codes) = (block.half(at: 0), block.half(at: 2), block.bytes(at: 8))
    let high = block.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
    for index in 0..<16 {
      let (low, up) = fiveBits(codes[index], high, index)
      values[index] = scale * Float(low) + minimum
      values[index &+ 16] = scale * Float(up) + minimum
    }
  }

  @inline(__always)
  private static func fiveBits(_ byte: UInt8, _ high: UInt32, _ index: Int) -> (Int32, Int32) {
    let shifted = high &>> UInt32(truncatingIfNeeded: index)
    let low = UInt32(byte & 15) | (shifted & 1) &<< 4
    let up = UInt32(byte >> 4) | (shifted &>> 16 & 1) &<< 4
    return (Int32(truncatingIfNeeded: low), Int32(truncatingIfNeeded: up))
  }

  /// `d f16 | q i8 × 32`: x = q · d.
  @inline(__always)
  static func decodeQ80(_ block: UnsafeRawPointer, _ values: UnsafeMutablePointer<Float>) {
    let (scale, codes) = (block.half(at: 0), block.bytes(at: 2))
    for index in 0..<32 {
      values[index] = Float(Int32(Int8(bitPattern: codes[index]))) * scale
    }
  }

  /// `d f16 | q 16`: x = d · level of q.
  @inline(__always)
  static func decodeIQ4NL(_ block: UnsafeRawPointer, _ values: UnsafeMutablePointer<Float>) {
    let (scale, codes) = (block.half(at: 0), block.bytes(at: 2))
    for index in 0..<16 {
      let byte = Int(codes[index])
      values[index] = scale * levels[byte & 15]
      values[index &+ 16] = scale * levels[byte &>> 4]
    }
  }

  /// The levels of IQ4_NL, which lie closer about zero.
  private static let levels = SIMD16<Float>(
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)
}
