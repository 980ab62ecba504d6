import Checkpoints
import Coding
import Kernels
import Tensors

extension ReportedTensor {
  /// Reads the data: what is zero, how few bits would do, how far the values are from the original.
  func measure() throws -> ParameterReport {
    var report = report
    report.boundBits = try storage.tensors.reduce(0) { try $0 + ShannonBound.bits(of: $1) }
    guard report.heldCount > 0 else { return report }
    let values = try storage.decoded(of: report.shape)
    report.nonzeroCount = try storage.nonzeroCount(of: report.shape, decoded: values)
    if let original {
      let values = values ?? storage.tensor(of: report.shape, as: .f32)
      report.error = try original.tensor(of: report.shape, as: .f32).error(of: values)
    }
    return report
  }
}

extension Storage {
  /// The numbers that values are made of: factors at their own size, sparse and quantized ones at dense size.
  func heldCount(of shape: Shape) -> Int {
    switch self {
    case .dense, .sparse, .quantized: shape.elementCount
    case .sum(let left, let right): left.heldCount(of: shape) + right.heldCount(of: shape)
    case .factorized(let left, let right):
      factorShapes(of: shape).map { left.heldCount(of: $0) + right.heldCount(of: $1) } ?? 0
    case .shared: 0
    }
  }

  /// The inner length of a product of factors; of a sum that of its first product.
  func rank(of shape: Shape) -> Int? {
    switch self {
    case .factorized: factorShapes(of: shape)?.right[0]
    case .sum(let left, let right): left.rank(of: shape) ?? right.rank(of: shape)
    case .dense, .sparse, .quantized, .shared: nil
    }
  }

  /// The shapes of two factors; nil if they do not make a matrix of the shape.
  private func factorShapes(of shape: Shape) -> (left: Shape, right: Shape)? {
    guard case .factorized(let left, let right) = self, let rows = shape.lengths.first, rows > 0
    else { return nil }
    let columns = shape.elementCount / rows
    let rank = try? Storage.rank(left, right, rows: rows, columns: columns)
    return rank.map { ([rows, $0], [$0, columns]) }
  }

  /// The values of one matrix: as they lie in the file, or decoded. Nil where there are several matrices or none.
  fileprivate func decoded(of shape: Shape) throws -> Tensor? {
    switch self {
    case .dense(let tensor): tensor.reshaped(shape)
    case .sparse, .quantized: Tensor(.f32, shape, source: SinglesSource(try values(of: shape)))
    case .factorized, .sum, .shared: nil
    }
  }

  /// How many of the numbers that values are made of are not zero.
  func nonzeroCount(of shape: Shape, decoded: Tensor? = nil) throws -> Int? {
    if let values = try decoded ?? self.decoded(of: shape) { return try values.nonzeroCount() }
    var shapes = (left: shape, right: shape)
    if case .factorized = self, let factors = factorShapes(of: shape) { shapes = factors }
    let counts = try zip(parts, [shapes.left, shapes.right]).map { part, shape in
      try part.nonzeroCount(of: shape)
    }
    return counts.reduce(0) { sum, count in sum.flatMap { sum in count.map { sum + $0 } } }
  }
}

extension Tensor {
  /// How far values are from these; nil where one of both is not of floating-point numbers.
  fileprivate func error(of values: Tensor) throws -> ReconstructionError? {
    guard elementType.isFloat, values.elementType.isFloat else { return nil }
    let isDouble = elementType == .f64 || values.elementType == .f64
    let type = isDouble ? ElementType.f64 : .f32
    let (original, copy) = (cast(to: type), values.cast(to: type))
    let width = isDouble ? 8 : 4
    let step = max(original.source.pieceSize, copy.source.pieceSize, width) / width * width
    var difference = Difference()
    for start in stride(from: 0, to: original.byteCount, by: step) {
      let range = start..<min(start + step, original.byteCount)
      try original.source.withBytes(range) { original in
        try copy.source.withBytes(range) { copy in
          if isDouble {
            difference.add(original, copy, Double.self)
          } else {
            difference.add(original, copy, Float.self)
          }
        }
      }
    }
    return ReconstructionError(
      squaredDifference: difference.squaredDifference, squaredNorm: difference.squaredNorm,
      maximum: difference.maximum)
  }
}

/// Singles in memory as a tensor's bytes.
private struct SinglesSource: TensorSource {
  let values: [Float]

  init(_ values: [Float]) { self.values = values }

  var byteCount: Int { values.count * 4 }
  var pieceSize: Int { Self.usualPieceSize }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try values.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}
