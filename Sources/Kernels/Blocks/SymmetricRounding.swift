/// Rounding of a row to int8 by the largest magnitude in it, as CTranslate2 does it
/// (`python/ctranslate2/specs/model_spec.py`): code = rint(value · scale), scale = 127 / max |value|.
package enum SymmetricRounding {
  /// What a row is multiplied by.
  ///
  /// - Parameter values: single-precision numbers, at any alignment.
  /// - Returns: 1 for a row of zeros; nil where a value is not finite.
  package static func scale(of values: UnsafeRawBufferPointer) -> Float? {
    var largest: Float = 0
    var sum: Float = 0
    for index in 0..<(values.count / 4) {
      let magnitude = abs(values.loadUnaligned(fromByteOffset: index &* 4, as: Float.self))
      largest = magnitude > largest ? magnitude : largest
      // Neither infinities nor NaN are zero when multiplied by it.
      sum += magnitude * 0
    }
    guard sum == 0 else { return nil }
    if largest == 0 { largest = 127 }
    return 127 / max(largest, 127 / Float.greatestFiniteMagnitude)
  }

  /// - Parameters:
  ///   - values: single-precision numbers, at any alignment.
  ///   - codes: as many bytes as there are values.
  package static func round(
    _ values: UnsafeRawBufferPointer, by scale: Float, into codes: UnsafeMutableRawBufferPointer
  ) {
    precondition(codes.count == values.count / 4)
    for index in 0..<codes.count {
      let value = values.loadUnaligned(fromByteOffset: index &* 4, as: Float.self) * scale
      let code = Int8(truncatingIfNeeded: Int32(value.rounded(.toNearestOrEven)))
      codes.storeBytes(of: code, toByteOffset: index, as: Int8.self)
    }
  }
}
