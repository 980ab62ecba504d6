import Tensors

/// How far numbers are from those that they stand for, and how many of them are not zero.
///
/// Sums are of doubles and run from the first element to the last, so that they are the same whatever the pieces are.
package struct Difference: Sendable, Equatable {
  /// The sum of (a − b)².
  package private(set) var squaredDifference = 0.0
  /// The sum of a².
  package private(set) var squaredNorm = 0.0
  /// The greatest |a − b|; a NaN is in the sums only.
  package private(set) var maximum = 0.0

  package init() {}

  /// Takes in as many elements of both, singles or doubles.
  package mutating func add<Value: BinaryFloatingPoint>(
    _ original: UnsafeRawBufferPointer, _ copy: UnsafeRawBufferPointer, _: Value.Type
  ) {
    let width = MemoryLayout<Value>.size
    for index in 0..<(min(original.count, copy.count) / width) {
      let value = Double(original.loadUnaligned(fromByteOffset: index &* width, as: Value.self))
      let other = Double(copy.loadUnaligned(fromByteOffset: index &* width, as: Value.self))
      let difference = value - other
      squaredDifference += difference * difference
      squaredNorm += value * value
      if difference.magnitude > maximum { maximum = difference.magnitude }
    }
  }
}

extension Tensor {
  /// How many elements are not zero; nil for types that are no numbers.
  package func nonzeroCount() throws -> Int? {
    switch elementType {
    case .bool, .u8, .i8: try nonzeros(UInt8.self, ignoring: 0)
    case .u16, .i16: try nonzeros(UInt16.self, ignoring: 0)
    case .u32, .i32: try nonzeros(UInt32.self, ignoring: 0)
    case .u64, .i64: try nonzeros(UInt64.self, ignoring: 0)
    case .f16, .bf16: try nonzeros(UInt16.self, ignoring: 1 << 15)
    case .f32: try nonzeros(UInt32.self, ignoring: 1 << 31)
    case .f64: try nonzeros(UInt64.self, ignoring: 1 << 63)
    default: nil
    }
  }

  private func nonzeros<Bits: FixedWidthInteger & UnsignedInteger>(
    _: Bits.Type, ignoring sign: Bits
  ) throws -> Int {
    let width = MemoryLayout<Bits>.size
    var count = 0
    for piece in source.pieces {
      try source.withBytes(piece) { bytes in
        for index in 0..<(bytes.count / width) {
          let bits = bytes.loadUnaligned(fromByteOffset: index &* width, as: Bits.self)
          count &+= bits & ~sign == 0 ? 0 : 1
        }
      }
    }
    return count
  }
}
