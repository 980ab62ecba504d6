/// How a tensor looks at a storage: which element each of its own is.
package struct StridedView: Sendable, Hashable {
  /// In elements from the start of the storage.
  package var offset: Int
  package var lengths: [Int]
  package var strides: [Int]

  package init(offset: Int, lengths: [Int], strides: [Int]) {
    self.offset = offset
    self.lengths = lengths
    self.strides = strides
  }

  /// The first element and the one behind the last.
  ///
  /// - Throws: ``Failure`` if lengths or strides cannot be, or reach beyond the storage.
  package func reach(within count: Int) throws -> Range<Int> {
    guard strides.count == lengths.count, offset >= 0, strides.allSatisfy({ $0 >= 0 }),
      let shape = Shape(checking: lengths)
    else { throw Failure(StrideReason.shape(lengths, strides: strides)) }
    guard shape.elementCount > 0 else { return 0..<0 }
    var last = offset
    for (length, stride) in zip(lengths, strides) {
      let (step, overflow) = stride.multipliedReportingOverflow(by: length - 1)
      let sum = last.addingReportingOverflow(step)
      guard !overflow, !sum.overflow else {
        throw Failure(StrideReason.shape(lengths, strides: strides))
      }
      last = sum.partialValue
    }
    guard last < count else { throw Failure(StrideReason.beyondStorage(last: last, count: count)) }
    return offset..<(last + 1)
  }

  /// Whether the elements lie in the storage as they follow one another in the tensor.
  package var isContiguous: Bool {
    var expected = 1
    for (length, stride) in zip(lengths, strides).reversed() where length != 1 {
      guard stride == expected else { return false }
      expected *= length
    }
    return true
  }
}

/// What is wrong with a view of a storage.
package enum StrideReason: Reason {
  case shape([Int], strides: [Int])
  case beyondStorage(last: Int, count: Int)
  case repeats(elements: Int, stored: Int)

  package var description: String {
    switch self {
    case .shape(let lengths, let strides): "impossible shape \(lengths) with strides \(strides)"
    case .beyondStorage(let last, let count):
      "reaches to element \(last) of a storage of \(count)"
    case .repeats(let elements, let stored):
      "repeats \(stored) stored elements to \(elements): refused as a decompression bomb"
    }
  }
}
