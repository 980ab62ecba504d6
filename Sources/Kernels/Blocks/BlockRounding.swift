/// How 32 values become a block of ggml: the layouts are those of ``ScaledBlock``.
///
/// Codes are worked out with the scale in single precision, before that is rounded to half. What
/// becomes of a block with a NaN or an infinity is not defined, but always the same.
enum BlockRounding {
  /// d = max |x| / 127; codes are rounded half away from zero.
  @inline(__always)
  static func encodeQ80(_ values: UnsafeRawPointer, _ block: UnsafeMutableRawPointer) {
    let scale = largestMagnitude(values) / 127
    block.storeHalf(scale, at: 0)
    let inverse = reciprocal(scale)
    // The sum with 2^23 has the rounded integer in its lowest bits: to nearest, ties to even.
    let shift: Float = 8_388_608
    for part in 0..<4 {
      let scaled = values.eight(part) * inverse
      let bits = unsafeBitCast(scaled, to: SIMD8<Int32>.self)
      let magnitude = unsafeBitCast(bits & Int32.max, to: SIMD8<Float>.self)
      let sum = magnitude + shift
      var codes = unsafeBitCast(sum, to: SIMD8<Int32>.self)
      // Ties that went down to an even number go up instead.
      let isLow = magnitude - (sum - shift) .== 0.5
      codes = (codes &+ SIMD8<Int32>.zero.replacing(with: 1, where: isLow))
      let sign = bits &>> 31
      let signed = (codes ^ sign) &- sign
      block.storeBytes(
        of: SIMD8<Int8>(truncatingIfNeeded: signed), toByteOffset: 2 &+ part &* 8,
        as: SIMD8<Int8>.self)
    }
  }

  /// d = the value of the largest magnitude / −8; q = ⌊x / d + 8.5⌋, at most 15.
  @inline(__always)
  static func encodeQ40(_ values: UnsafeRawPointer, _ block: UnsafeMutableRawPointer) {
    let scale = extreme(values) / -8
    block.storeHalf(scale, at: 0)
    let inverse = reciprocal(scale)
    storeNibbles(block, at: 2) { code(values.single($0) * inverse + 8.5, atMost: 15) }
  }

  /// d = (max − min) / 15; q = ⌊(x − min) / d + 0.5⌋, at most 15.
  @inline(__always)
  static func encodeQ41(_ values: UnsafeRawPointer, _ block: UnsafeMutableRawPointer) {
    let (least, greatest) = extent(values)
    let scale = (greatest - least) / 15
    block.storeHalf(scale, at: 0)
    block.storeHalf(least, at: 2)
    let inverse = reciprocal(scale)
    storeNibbles(block, at: 4) { code((values.single($0) - least) * inverse + 0.5, atMost: 15) }
  }

  /// d = the value of the largest magnitude / −16; q = ⌊x / d + 16.5⌋, at most 31.
  @inline(__always)
  static func encodeQ50(_ values: UnsafeRawPointer, _ block: UnsafeMutableRawPointer) {
    let scale = extreme(values) / -16
    block.storeHalf(scale, at: 0)
    let inverse = reciprocal(scale)
    storeFiveBits(block, at: 2) { code(values.single($0) * inverse + 16.5, atMost: 31) }
  }

  /// d = (max − min) / 31; q = ⌊(x − min) / d + 0.5⌋, at most 31.
  @inline(__always)
  static func encodeQ51(_ values: UnsafeRawPointer, _ block: UnsafeMutableRawPointer) {
    let (least, greatest) = extent(values)
    let scale = (greatest - least) / 31
    block.storeHalf(scale, at: 0)
    block.storeHalf(least, at: 2)
    let inverse = reciprocal(scale)
    storeFiveBits(block, at: 4) { code((values.single($0) - least) * inverse + 0.5, atMost: 31) }
  }

  /// The reciprocal of a scale; of zero, zero.
  @inline(__always)
  private static func reciprocal(_ scale: Float) -> Float { scale == 0 ? 0 : 1 / scale }

  /// A number cut off to a code; what is no number is zero.
  @inline(__always)
  private static func code(_ value: Float, atMost limit: Int32) -> Int32 {
    // The comparison is false for a NaN.
    let bounded = value >= 0 ? (value < 64 ? value : 64) : 0
    return min(Int32(bounded), limit)
  }

  /// The largest of the magnitudes, a NaN before all others.
  @inline(__always)
  private static func largestMagnitude(_ values: UnsafeRawPointer) -> Float {
    var largest = SIMD8<Int32>.zero
    for part in 0..<4 {
      let bits = unsafeBitCast(values.eight(part), to: SIMD8<Int32>.self) & Int32.max
      largest.replace(with: bits, where: bits .> largest)
    }
    return Float(bitPattern: UInt32(bitPattern: largest.max()))
  }

  /// The first value of the largest magnitude.
  @inline(__always)
  private static func extreme(_ values: UnsafeRawPointer) -> Float {
    let largest = largestMagnitude(values).bitPattern
    for index in 0..<32 {
      let value = values.single(index)
      if value.bitPattern & 0x7FFF_FFFF == largest { return value }
    }
    return 0
  }

  @inline(__always)
  private static func extent(_ values: UnsafeRawPointer) -> (least: Float, greatest: Float) {
    var least = values.eight(0)
    var greatest = least
    for part in 1..<4 {
      let some = values.eight(part)
      least.replace(with: some, where: some .< least)
      greatest.replace(with: some, where: some .> greatest)
    }
    var (low, high) = (least[0], greatest[0])
    for index in 1..<8 {
      if least[index] < low { low = least[index] }
      if greatest[index] > high { high = greatest[index] }
    }
    return (low, high)
  }

  @inline(__always)
  private static func storeNibbles(
    _ block: UnsafeMutableRawPointer, at offset: Int, _ code: (Int) -> Int32
  ) {
    for index in 0..<16 {
      let byte = code(index) | code(index &+ 16) &<< 4
      block.storeBytes(
        of: UInt8(truncatingIfNeeded: byte), toByteOffset: offset &+ index, as: UInt8.self)
    }
  }

  /// Stores a word of fifth bits, then 16 bytes of nibbles.
  @inline(__always)
  private static func storeFiveBits(
    _ block: UnsafeMutableRawPointer, at offset: Int, _ code: (Int) -> Int32
  ) {
    var high: UInt32 = 0
    for index in 0..<16 {
      let (low, up) = (code(index), code(index &+ 16))
      let byte = low & 15 | (up & 15) &<< 4
      block.storeBytes(
        of: UInt8(truncatingIfNeeded: byte), toByteOffset: offset &+ 4 &+ index, as: UInt8.self)
      let bits = UInt32(truncatingIfNeeded: low &>> 4) | UInt32(truncatingIfNeeded: up &>> 4) &<< 16
      high |= bits &<< UInt32(truncatingIfNeeded: index)
    }
    block.storeBytes(of: high, toByteOffset: offset, as: UInt32.self)
  }
}

extension UnsafeRawPointer {
  /// A single-precision value by its index.
  @inline(__always)
  fileprivate func single(_ index: Int) -> Float {
    loadUnaligned(fromByteOffset: index &* 4, as: Float.self)
  }

  /// Eight values from one of them on, which are counted in eights.
  @inline(__always)
  fileprivate func eight(_ index: Int) -> SIMD8<Float> {
    loadUnaligned(fromByteOffset: index &* 32, as: SIMD8<Float>.self)
  }
}

extension UnsafeMutableRawPointer {
  @inline(__always)
  fileprivate func storeHalf(_ value: Float, at offset: Int) {
    storeBytes(of: Float16(value).bitPattern, toByteOffset: offset, as: UInt16.self)
  }
}
