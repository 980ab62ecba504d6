import CKernels
import Synchronization
import Tensors

/// Conversion between floating-point types, rounding to nearest even.
///
/// NaN stays NaN and infinities stay infinite; a finite value beyond the target's range becomes an
/// infinity and is counted.
package enum Cast {
  /// Converts elements from one buffer to another.
  ///
  /// - Precondition: both types are floating-point (`ElementType.isFloat`), and the target has room.
  /// - Returns: how many finite values became infinite.
  @discardableResult
  package static func convert(
    _ source: UnsafeRawBufferPointer, _ sourceType: ElementType,
    to target: UnsafeMutableRawBufferPointer, _ targetType: ElementType
  ) -> Int {
    let count = source.count / sourceType.byteWidth!
    precondition(target.count >= count * targetType.byteWidth!)
    guard count > 0 else { return 0 }
    switch (sourceType, targetType) {
    case (let same, targetType) where same == targetType:
      target.copyMemory(from: source)
      return 0
    case (.f32, .f16) where hasF16C:
      return pare_f16_from_f32(source.baseAddress!, target.baseAddress!, count)
    case (.f16, .f32) where hasF16C:
      pare_f32_from_f16(source.baseAddress!, target.baseAddress!, count)
      return 0
    case (.f32, .bf16):
      return eachFloat(source, count) { value, index in
        let bits = roundedToBF16(value)
        target.storeBytes(of: bits, toByteOffset: index &* 2, as: UInt16.self)
        return value.isFinite && bits & 0x7FFF == 0x7F80
      }
    case (.bf16, .f32):
      for index in 0..<count {
        let bits = UInt32(source.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self)) << 16
        target.storeBytes(of: bits, toByteOffset: index &* 4, as: UInt32.self)
      }
      return 0
    default:
      return convertPlainly(source, sourceType, to: target, targetType, count)
    }
  }

  /// The conversion without vectors: what every faster path is tested against.
  package static func convertPlainly(
    _ source: UnsafeRawBufferPointer, _ sourceType: ElementType,
    to target: UnsafeMutableRawBufferPointer, _ targetType: ElementType, _ count: Int
  ) -> Int {
    var overflows = 0
    for index in 0..<count {
      let value = loadDouble(source, sourceType, index)
      let stored = storeRounded(value, target, targetType, index)
      if value.isFinite, !stored.isFinite { overflows += 1 }
    }
    return overflows
  }

  private static let hasF16C = pare_has_f16c() != 0

  private static func eachFloat(
    _ source: UnsafeRawBufferPointer, _ count: Int, _ body: (Float, Int) -> Bool
  ) -> Int {
    var overflows = 0
    for index in 0..<count {
      let value = source.loadUnaligned(fromByteOffset: index &* 4, as: Float.self)
      overflows &+= body(value, index) ? 1 : 0
    }
    return overflows
  }

  /// The upper half of a single's bits, rounded to nearest even; a NaN stays one and becomes quiet.
  private static func roundedToBF16(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x0040 }
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
  }

  /// One element as a double; every supported type widens exactly.
  package static func loadDouble(
    _ bytes: UnsafeRawBufferPointer, _ type: ElementType, _ index: Int
  ) -> Double {
    func load<Value>(_: Value.Type) -> Value {
      bytes.loadUnaligned(
        fromByteOffset: index * MemoryLayout<Value>.size, as: Value.self)
    }
    switch type {
    case .f16: return Double(Float16(bitPattern: load(UInt16.self)))
    case .bf16: return Double(Float(bitPattern: UInt32(load(UInt16.self)) << 16))
    case .f32: return Double(load(Float.self))
    case .f64: return load(Double.self)
    default: preconditionFailure("not a floating-point type: \(type.rawValue)")
    }
  }

  /// Rounds once, from the double itself, and returns what was stored.
  private static func storeRounded(
    _ value: Double, _ target: UnsafeMutableRawBufferPointer, _ type: ElementType, _ index: Int
  ) -> Double {
    switch type {
    case .f16:
      let rounded = Float16(value)
      target.storeBytes(of: rounded.bitPattern, toByteOffset: index * 2, as: UInt16.self)
      return Double(rounded)
    case .bf16:
      let bits = roundedToBF16(roundedToOdd(value))
      target.storeBytes(of: bits, toByteOffset: index * 2, as: UInt16.self)
      return Double(Float(bitPattern: UInt32(bits) << 16))
    case .f32:
      target.storeBytes(of: Float(value), toByteOffset: index * 4, as: Float.self)
      return Double(Float(value))
    case .f64:
      target.storeBytes(of: value, toByteOffset: index * 8, as: Double.self)
      return value
    default: preconditionFailure("not a floating-point type: \(type.rawValue)")
    }
  }

  /// A single with enough left of what was cut off that rounding it again is as good as rounding once:
  /// truncated, its last bit set if anything was lost (Boldo and Melquiond, "Emulation of FMA and
  /// correctly rounded sums: proved algorithms using rounding to odd", 2008).
  private static func roundedToOdd(_ value: Double) -> Float {
    let nearest = Float(value)
    guard value.isFinite, Double(nearest) != value else { return nearest }
    let truncated =
      Double(nearest.magnitude) > value.magnitude
      ? Float(sign: nearest.sign, exponent: 0, significand: 1) * nearest.magnitude.nextDown
      : nearest
    return Float(bitPattern: truncated.bitPattern | 1)
  }
}

extension Tensor {
  /// The tensor in another floating-point type, converted whenever its bytes are asked for.
  ///
  /// - Parameter overflows: counts finite values that became infinite, once per use of the bytes.
  /// - Precondition: both types are floating-point.
  package func cast(to type: ElementType, countingIn overflows: OverflowCounter? = nil) -> Tensor {
    guard type != elementType else { return self }
    return Tensor(
      type, shape, source: CastSource(base: self, elementType: type, overflows: overflows))
  }
}

/// How many finite values a cast made infinite.
package final class OverflowCounter: Sendable {
  private let total = Atomic<Int>(0)

  package init() {}

  package var count: Int { total.load(ordering: .relaxed) }
  fileprivate func add(_ count: Int) { total.add(count, ordering: .relaxed) }
}

/// The elements of another tensor in another type.
private struct CastSource: TensorSource {
  let base: Tensor
  let elementType: ElementType
  let overflows: OverflowCounter?

  var byteCount: Int { base.elementCount * elementType.byteWidth! }
  var pieceSize: Int {
    max(1, base.source.pieceSize / base.elementType.byteWidth!) * elementType.byteWidth!
  }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let width = elementType.byteWidth!
    let first = range.lowerBound / width
    let last = (range.upperBound + width - 1) / width
    let sourceWidth = base.elementType.byteWidth!
    return try withScratch((last - first) * width) { scratch in
      let lost = try base.source.withBytes((first * sourceWidth)..<(last * sourceWidth)) {
        Cast.convert($0, base.elementType, to: scratch, elementType)
      }
      overflows?.add(lost)
      let start = range.lowerBound - first * width
      return try body(UnsafeRawBufferPointer(rebasing: scratch[start..<(start + range.count)]))
    }
  }
}
