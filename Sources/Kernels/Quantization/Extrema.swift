/// The least and the greatest of some singles, zero always among them.
///
/// Numbers are compared as integers in the order of the number line, which vectors do many at a time.
struct Extrema {
  private var least: Int32 = 0
  private var greatest: Int32 = 0

  var minimum: Float { Self.number(least) }
  var maximum: Float { Self.number(greatest) }
  var magnitude: Float { max(-minimum, maximum) }

  /// Whether no number was NaN or infinite.
  var isFinite: Bool { minimum.isFinite && maximum.isFinite }

  mutating func add(_ values: UnsafeBufferPointer<Float>) {
    var (least, greatest) = (self.least, self.greatest)
    for value in values {
      let key = Self.key(value)
      least = min(least, key)
      greatest = max(greatest, key)
    }
    (self.least, self.greatest) = (least, greatest)
  }

  @inline(__always)
  private static func key(_ value: Float) -> Int32 {
    let bits = Int32(bitPattern: value.bitPattern)
    return bits ^ ((bits >> 31) & 0x7FFF_FFFF)
  }

  private static func number(_ key: Int32) -> Float {
    Float(bitPattern: UInt32(bitPattern: key ^ ((key >> 31) & 0x7FFF_FFFF)))
  }
}
