/// Blocks of 256 elements, the K-quants: sub-blocks of 16 or 32 elements have small integer scales, and
/// some minima, which one or two half-precision numbers scale in their turn. Source: `ggml-quants.c`.
///
/// Codes of 4 bits lie in runs of 32 bytes (Q6_K: 64), first the lower nibbles of a run, then its upper
/// ones; codes of 2 bits likewise in runs of 32 bytes.
enum SuperBlock {
  /// `scale and minimum 4 + 4 bits × 16 | q 64 | d f16 | dmin f16`: x = d·s · q − dmin·m.
  @inline(__always)
  static func decodeQ2(_ block: UnsafeRawPointer, _ values: UnsafeMutablePointer<Float>) {
    let (scales, codes) = (block.bytes(at: 0), block.bytes(at: 16))
    let (scale, minimum) = (block.half(at: 80), block.half(at: 82))
    for part in 0..<16 {
      let factor = scale * Float(scales[part] & 15)
      let offset = minimum * Float(scales[part] >> 4)
      for index in 0..<16 {
        let code = twoBits(codes, part &* 16 &+ index)
        values[part &* 16 &+ index] = factor * Float(code) - offset
      }
    }
  }

  /// `third bits 32 | q 64 | scales 6 bits × 16 | d f16`: x = d·(s − 32) · (q − 4, where the third bit is
  /// not set, else q).
  @inline(__always)
  static func decodeQ3(_ block: UnsafeRawPointer, _ values: UnsafeMutablePointer<Float>) {
    let (high, codes, scales) = (block.bytes(at: 0), block.bytes(at: 32), block.bytes(at: 96))
    let scale = block.half(at: 108)
    for part in 0..<16 {
      let low = part < 8 ? scales[part] & 15 : scales[part &- 8] >> 4
      let upper = scales[8 &+ (part & 3)] &>> UInt8(truncatingIfNeeded: part / 4 &* 2) & 3
      let factor = scale * Float(Int32(low | upper << 4) &- 32)
      for index in 0..<16 {
        let place = part &* 16 &+ index
        let bit = high[place & 31] &>> UInt8(truncatingIfNeeded: place &>> 5) & 1
        let code = twoBits(codes, place) &- (bit == 0 ? 4 : 0)
        values[place] = factor * Float(code)
      }
    }
  }

  /// `d f16 | dmin f16 | scales and minima 12 | q 128`: x = d·s · q − dmin·m.
  @inline(__always)
  static func decodeQ4(_ block: UnsafeRawPointer, _ values: UnsafeMutablePointer<Float>) {
    let (scales, codes) = (block.bytes(at: 4), block.bytes(at: 16))
    for part in 0..<8 {
      let (factor, offset) = scaleAndMinimum(block, scales, part)
      let shift = UInt8(truncatingIfNeeded: part & 1 &* 4)
      let run = codes + part / 2 &* 32
      for index in 0..<32 {
        values[part &* 32 &+ index] = factor * Float(Int32(run[index] &>> shift & 15)) - offset
      }
    }
  }

  /// `d f16 | dmin f16 | scales and minima 12 | fifth bits 32 | q 128`: x = d·s · q − dmin·m.
  @inline(__always)
  static func decodeQ5(_ block: UnsafeRawPointer, _ values: UnsafeMutablePointer<Float>) {
    let (scales, high, codes) = (block.bytes(at: 4), block.bytes(at: 16), block.bytes(at: 48))
    for part in 0..<8 {
      let (factor, offset) = scaleAndMinimum(block, scales, part)
      let shift = UInt8(truncatingIfNeeded: part & 1 &* 4)
      let bit = UInt8(truncatingIfNeeded: part)
      let run = codes + part / 2 &* 32
      for index in 0..<32 {
        let code = run[index] &>> shift & 15 | (high[index] &>> bit & 1) &<< 4
        values[part &* 32 &+ index] = factor * Float(Int32(code)) - offset
      }
    }
  }

  /// `q 128 | upper bits 64 | scales i8 × 16 | d f16`: x = d·s · (q − 32).
  @inline(__always)
  static func decodeQ6(_ block: UnsafeRawPointer, _ values: UnsafeMutablePointer<Float>) {
    let (low, high, scales) = (block.bytes(at: 0), block.bytes(at: 128), block.bytes(at: 192))
    let scale = block.half(at: 208)
    for part in 0..<16 {
      let factor = scale * Float(Int32(Int8(bitPattern: scales[part])))
      for index in 0..<16 {
        let place = part &* 16 &+ index
        let shift = UInt8(truncatingIfNeeded: place &>> 6 & 1 &* 4)
        let nibble = low[place &>> 7 &* 64 &+ place & 63] &>> shift & 15
        let code = Int32(nibble) | twoBits(high, place) &<< 4
        values[place] = factor * Float(code &- 32)
      }
    }
  }

  /// Code `place` of 2 bits.
  @inline(__always)
  private static func twoBits(_ codes: UnsafePointer<UInt8>, _ place: Int) -> Int32 {
    let shift = UInt8(truncatingIfNeeded: (place &>> 5 & 3) &* 2)
    return Int32(codes[(place &>> 7) &* 32 &+ (place & 31)] &>> shift & 3)
  }

  /// The scale and the minimum of a part of Q4_K and Q5_K: 6 bits each of 8, the first four in the lower
  /// bits of 4 + 4 bytes, the others with their upper 2 bits above those.
  @inline(__always)
  private static func scaleAndMinimum(
    _ block: UnsafeRawPointer, _ packed: UnsafePointer<UInt8>, _ part: Int
  ) -> (scale: Float, minimum: Float) {
    var (scale, minimum): (UInt8, UInt8)
    if part < 4 {
      (scale, minimum) = (packed[part] & 63, packed[part &+ 4] & 63)
    } else {
      let low = packed[part &+ 4]
      scale = low & 15 | packed[part &- 4] >> 2 & 48
      minimum = low >> 4 | packed[part] >> 2 & 48
    }
    return (block.half(at: 0) * Float(scale), block.half(at: 2) * Float(minimum))
  }
}
