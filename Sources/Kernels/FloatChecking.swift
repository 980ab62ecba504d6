import Tensors

/// Refuses NaN and infinities among row-major floats.
///
/// - Throws: ``Failure`` with the first such element's row and column.
func checkFinite(
  _ bytes: UnsafeRawBufferPointer, _ type: ElementType, firstRow: Int, columns: Int
) throws {
  let bad: Int?
  switch type {
  case .f16: bad = firstNotFinite(bytes, UInt16.self, exponent: 0x7C00)
  case .bf16: bad = firstNotFinite(bytes, UInt16.self, exponent: 0x7F80)
  case .f32: bad = firstNotFinite(bytes, UInt32.self, exponent: 0x7F80_0000)
  default: preconditionFailure("not checked: \(type.rawValue)")
  }
  if let bad {
    throw Failure(WeightReason.notFinite(row: firstRow + bad / columns, column: bad % columns))
  }
}

/// The index of the first element whose exponent has all its bits set.
@inline(__always)
private func firstNotFinite<Bits: FixedWidthInteger & UnsignedInteger>(
  _ bytes: UnsafeRawBufferPointer, _: Bits.Type, exponent: Bits
) -> Int? {
  guard let start = bytes.baseAddress else { return nil }
  let width = MemoryLayout<Bits>.size
  let count = bytes.count / width
  let lowest = exponent & (~exponent &+ 1)
  // A stretch at a time without a branch, which the compiler turns into vectors: one more in the
  // exponent's last place carries into the sign where all are set.
  let stretch = 4096
  for first in stride(from: 0, to: count, by: stretch) {
    let indices = first..<min(first + stretch, count)
    var carries: Bits = 0
    for index in indices {
      let bits = start.loadUnaligned(fromByteOffset: index &* width, as: Bits.self)
      carries |= (bits & exponent) &+ lowest
    }
    if carries > exponent {
      return indices.first {
        start.loadUnaligned(fromByteOffset: $0 * width, as: Bits.self) & exponent == exponent
      }
    }
  }
  return nil
}

extension Tensor {
  /// Lends whole rows of a matrix, about as much at a time as its source likes to give.
  ///
  /// - Parameter unit: how many rows, or a multiple of it, a band has; the last may have fewer.
  func eachBandOfRows(
    multipleOf unit: Int, _ body: (Range<Int>, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    precondition(shape.rank == 2)
    let rowSize = shape[1] * elementType.byteWidth!
    guard byteCount > 0 else { return }
    let step = max(1, source.pieceSize / rowSize / unit) * unit
    let isWhole = source.pieceSize >= byteCount
    for first in stride(from: 0, to: shape[0], by: isWhole ? shape[0] : step) {
      let band = first..<min(first + (isWhole ? shape[0] : step), shape[0])
      try source.withBytes((band.lowerBound * rowSize)..<(band.upperBound * rowSize)) {
        try body(band, $0)
      }
    }
  }
}
