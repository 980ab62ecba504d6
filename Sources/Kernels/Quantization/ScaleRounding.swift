import Tensors

/// How scales are stored, and so what they are rounded to before anything is quantized by them.
package struct ScaleRounding: Sendable {
  package let type: ElementType

  /// - Precondition: the type is F32, F16 or BF16.
  package init(_ type: ElementType) {
    precondition(type == .f32 || type == .f16 || type == .bf16)
    self.type = type
  }

  private var greatest: Float {
    switch type {
    case .f16: Float(Float16.greatestFiniteMagnitude)
    case .bf16: Float(bitPattern: 0x7F7F_0000)
    default: .greatestFiniteMagnitude
    }
  }

  /// The distance from 1 to the next number.
  var epsilon: Float {
    switch type {
    case .f16: Float(Float16.ulpOfOne)
    case .bf16: 0.0078125
    default: .ulpOfOne
    }
  }

  /// The least positive number.
  var least: Float {
    switch type {
    case .f16: Float(Float16.leastNonzeroMagnitude)
    case .bf16: Float(bitPattern: 0x0001_0000)
    default: .leastNonzeroMagnitude
    }
  }

  /// Rounds to nearest even; what is beyond the type's range becomes its greatest number.
  package func round(_ scales: inout [Float]) {
    for index in scales.indices { scales[index] = min(scales[index], greatest) }
    guard type != .f32 else { return }
    let stored = bytes(of: scales)
    scales.withUnsafeMutableBytes { target in
      stored.withUnsafeBytes { _ = Cast.convert($0, type, to: target, .f32) }
    }
  }

  /// Scales as they are stored.
  package func bytes(of scales: [Float]) -> [UInt8] {
    let count = scales.count * type.byteWidth!
    return [UInt8](unsafeUninitializedCapacity: count) { target, initialized in
      scales.withUnsafeBytes {
        _ = Cast.convert($0, .f32, to: UnsafeMutableRawBufferPointer(target), type)
      }
      initialized = count
    }
  }
}
