/// The lengths of a tensor's axes, outermost first; `[]` is a scalar.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral {
  public let lengths: [Int]

  /// The product of the lengths; 1 for a scalar.
  public let elementCount: Int

  /// A shape of known lengths.
  ///
  /// - Precondition: no length is negative and their product fits an `Int`. Lengths that come from
  ///   a file go through ``init(checking:)``.
  public init(_ lengths: [Int]) {
    self.init(checking: lengths)!
  }

  public init(arrayLiteral lengths: Int...) {
    self.init(lengths)
  }

  /// A shape of lengths from an untrusted source, or nil if one is negative or their product overflows.
  public init?(checking lengths: [Int]) {
    var count = 1
    for length in lengths {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard length >= 0, !overflow else { return nil }
      count = product
    }
    self.lengths = lengths
    self.elementCount = count
  }

  public var rank: Int { lengths.count }

  public subscript(axis: Int) -> Int { lengths[axis] }

  /// The number of bytes that elements of a type take in this shape, or nil if that overflows or
  /// does not end on a byte.
  public func byteCount(of type: ElementType) -> Int? {
    let (bits, overflow) = elementCount.multipliedReportingOverflow(by: type.bitWidth)
    return overflow || bits % 8 != 0 ? nil : bits / 8
  }
}

extension Shape: CustomStringConvertible {
  /// The lengths as `[30522, 384]`.
  public var description: String {
    "[" + lengths.map(String.init).joined(separator: ", ") + "]"
  }
}
