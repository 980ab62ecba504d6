import Tensors

/// What the elements of a tensor look like as numbers.
public struct TensorStatistics: Sendable, Equatable {
  public var count = 0
  /// Of the finite elements; zero if there are none.
  public var minimum = 0.0
  public var maximum = 0.0
  public var mean = 0.0
  /// The population's standard deviation.
  public var deviation = 0.0
  public var zeros = 0
  public var nans = 0
  public var infinities = 0
  /// Finite elements in equally wide bins from the minimum to the maximum.
  public var histogram: [Int] = []

  public var finite: Int { count - nans - infinities }
}

extension ElementType {
  /// The types whose elements have a place on the number line that `pare` reads.
  package var isNumeric: Bool {
    switch self {
    case .bool, .u8, .i8, .i16, .u16, .i32, .u32, .i64, .u64, .f16, .bf16, .f32, .f64: true
    default: false
    }
  }
}

extension Tensor {
  /// The statistics of all elements, in two sweeps; nil for types that are only copied.
  public func statistics(bins: Int = 12) throws -> TensorStatistics? {
    guard elementType.isNumeric else { return nil }
    var result = TensorStatistics()
    var moments = Moments()
    try eachPiece { piece in moments.add(piece, &result) }
    result.count = elementCount
    guard result.finite > 0 else { return result }
    result.mean = moments.mean
    result.deviation = moments.deviation
    result.histogram = [Int](repeating: 0, count: bins)
    let range = ValueRange(minimum: result.minimum, maximum: result.maximum)
    try eachPiece { piece in
      for value in piece where value.isFinite {
        result.histogram[min(bins - 1, Int(range.share(below: value) * Double(bins)))] += 1
      }
    }
    return result
  }

  /// Lends the elements as doubles, some thousands at a time.
  private func eachPiece(_ body: (UnsafeBufferPointer<Double>) throws -> Void) throws {
    let width = elementType.byteWidth!
    try withUnsafeTemporaryAllocation(of: Double.self, capacity: 4096) { doubles in
      for piece in source.pieces {
        try source.withBytes(piece) { bytes in
          let elements = piece.count / width
          for offset in stride(from: 0, to: elements, by: doubles.count) {
            let count = min(doubles.count, elements - offset)
            widen(bytes, elementType, from: offset, count: count, into: doubles)
            try body(UnsafeBufferPointer(rebasing: doubles[..<count]))
          }
        }
      }
    }
  }
}

/// The numbers from a least to a greatest, which may be so far apart that their distance is infinite.
private struct ValueRange {
  let minimum: Double
  let maximum: Double

  /// How much of the range lies below a value that is in it: from 0 to 1.
  func share(below value: Double) -> Double {
    let width = maximum - minimum
    guard width > 0 else { return 0 }
    return width.isFinite
      ? (value - minimum) / width : (value / 2 - minimum / 2) / (maximum / 2 - minimum / 2)
  }
}

/// Sums for the mean and the deviation, about the first finite value so that large means cancel little.
private struct Moments {
  private var origin: Double?
  private var sum = 0.0
  private var squares = 0.0
  private var count = 0.0

  mutating func add(_ values: UnsafeBufferPointer<Double>, _ result: inout TensorStatistics) {
    for value in values {
      guard value.isFinite else {
        if value.isNaN { result.nans += 1 } else { result.infinities += 1 }
        continue
      }
      if origin == nil {
        origin = value
        result.minimum = value
        result.maximum = value
      }
      if value == 0 { result.zeros += 1 }
      if value < result.minimum { result.minimum = value }
      if value > result.maximum { result.maximum = value }
      let difference = value - origin!
      sum += difference
      squares += difference * difference
      count += 1
    }
  }

  var mean: Double { (origin ?? 0) + sum / count }
  /// Infinite where the squares are beyond a double.
  var deviation: Double {
    let variance = squares / count - (sum / count) * (sum / count)
    return variance.isNaN ? .infinity : max(0, variance).squareRoot()
  }
}

/// Reads elements of any numeric type as doubles.
func widen(
  _ bytes: UnsafeRawBufferPointer, _ type: ElementType, from first: Int, count: Int,
  into target: UnsafeMutableBufferPointer<Double>
) {
  func integers<Integer: FixedWidthInteger>(_: Integer.Type) {
    for index in 0..<count {
      target[index] = Double(
        bytes.loadUnaligned(
          fromByteOffset: (first &+ index) &* MemoryLayout<Integer>.size, as: Integer.self))
    }
  }
  switch type {
  case .bool, .u8: integers(UInt8.self)
  case .i8: integers(Int8.self)
  case .i16: integers(Int16.self)
  case .u16: integers(UInt16.self)
  case .i32: integers(Int32.self)
  case .u32: integers(UInt32.self)
  case .i64: integers(Int64.self)
  case .u64: integers(UInt64.self)
  case .f32:
    for index in 0..<count {
      target[index] = Double(
        bytes.loadUnaligned(fromByteOffset: (first &+ index) &* 4, as: Float.self))
    }
  default:
    for index in 0..<count { target[index] = Cast.loadDouble(bytes, type, first + index) }
  }
}
