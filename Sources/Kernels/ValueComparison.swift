import Tensors

/// How the values of two tensors of one shape differ.
///
/// Sums are of doubles and run from the first element to the last. A NaN equals a NaN, and an infinity one of its sign; any other pair with one of
/// those is beyond every tolerance, and is not in the sums.
public struct ValueComparison: Sendable, Equatable {
  public var count = 0
  /// Elements that are not the same number.
  public var unequal = 0
  /// Elements whose difference is greater than the tolerance.
  public var beyond = 0
  /// The greatest |a − b| of finite elements.
  public var maximum = 0.0
  /// Σ (a − b)², Σ a², Σ b² and Σ a·b of finite elements.
  public var squaredDifference = 0.0
  public var squaredNorm = 0.0
  public var squaredOther = 0.0
  public var product = 0.0

  public init() {}

  /// ‖a − b‖ / ‖a‖ by the Frobenius norm; nil where a is all zeros and b is not.
  public var relative: Double? {
    guard squaredNorm > 0 else { return squaredDifference > 0 ? nil : 0 }
    return (squaredDifference / squaredNorm).squareRoot()
  }

  /// The cosine of the angle between the two; nil where one is all zeros.
  public var cosine: Double? {
    let norms = (squaredNorm * squaredOther).squareRoot()
    guard norms > 0, norms.isFinite else { return nil }
    return min(1, max(-1, product / norms))
  }

  /// Takes in the comparison of other elements.
  package mutating func add(_ other: ValueComparison) {
    count += other.count
    unequal += other.unequal
    beyond += other.beyond
    maximum = max(maximum, other.maximum)
    squaredDifference += other.squaredDifference
    squaredNorm += other.squaredNorm
    squaredOther += other.squaredOther
    product += other.product
  }

  fileprivate mutating func add(_ value: Double, _ other: Double, tolerance: Double) {
    count += 1
    guard value.isFinite, other.isFinite else {
      if value != other, !(value.isNaN && other.isNaN) {
        unequal += 1
        beyond += 1
      }
      return
    }
    let difference = value - other
    if difference != 0 {
      unequal += 1
      squaredDifference += difference * difference
      if difference.magnitude > maximum { maximum = difference.magnitude }
      if difference.magnitude > tolerance { beyond += 1 }
    }
    squaredNorm += value * value
    squaredOther += other * other
    product += value * other
  }
}

extension Tensor {
  /// Holds the values of a tensor against those of another of the same shape, piece by piece.
  ///
  /// - Returns: nil for types that are no numbers here; their bytes can be compared.
  package func compared(
    with other: Tensor, tolerance: Double
  ) throws -> ValueComparison? {
    precondition(shape == other.shape)
    guard elementType.isNumeric, other.elementType.isNumeric,
      let width = elementType.byteWidth, let otherWidth = other.elementType.byteWidth
    else { return nil }
    var comparison = ValueComparison()
    let step = max(
      1, source.pieceSize / width, min(elementCount, other.source.pieceSize / otherWidth))
    try withUnsafeTemporaryAllocation(of: Double.self, capacity: 8192) { doubles in
      let (ours, theirs) = (
        UnsafeMutableBufferPointer(rebasing: doubles[..<4096]),
        UnsafeMutableBufferPointer(rebasing: doubles[4096...])
      )
      for start in stride(from: 0, to: elementCount, by: step) {
        let elements = start..<min(start + step, elementCount)
        try source.withBytes((elements.lowerBound * width)..<(elements.upperBound * width)) {
          bytes in
          let range = (elements.lowerBound * otherWidth)..<(elements.upperBound * otherWidth)
          try other.source.withBytes(range) { otherBytes in
            for first in stride(from: 0, to: elements.count, by: 4096) {
              let count = min(4096, elements.count - first)
              widen(bytes, elementType, from: first, count: count, into: ours)
              widen(otherBytes, other.elementType, from: first, count: count, into: theirs)
              for index in 0..<count {
                comparison.add(ours[index], theirs[index], tolerance: tolerance)
              }
            }
          }
        }
      }
    }
    return comparison
  }
}
