import Checkpoints
import Kernels
import Tensors

extension LinearWeights {
  /// Brings a matrix `[rows, columns]` into the form in which it is fastest multiplied.
  ///
  /// Sparse kernels are taken where most is zero, whether the storage says so or a dense tensor just
  /// holds zeros; a single that is left out as zero changes no sum.
  init(_ storage: Storage, rows: Int, columns: Int, compute: Compute) throws {
    switch storage {
    case .dense(let tensor):
      self = try Self.dense(tensor, rows: rows, columns: columns, compute: compute)
    case .factorized(let left, let right):
      let rank = try Storage.rank(left, right, rows: rows, columns: columns)
      self = .factorized(
        left: try LinearWeights(left, rows: rows, columns: rank, compute: compute),
        right: try LinearWeights(right, rows: rank, columns: columns, compute: compute),
        rank: rank)
    case .sum(let first, let second):
      self = .sum(
        try LinearWeights(first, rows: rows, columns: columns, compute: compute),
        try LinearWeights(second, rows: rows, columns: columns, compute: compute))
    case .quantized(let codes, let scheme):
      if let integers = try Self.integers(codes, scheme, rows, columns, compute) {
        self = integers
      } else {
        self = try Self.decoded(storage, rows: rows, columns: columns, compute: compute)
      }
    case .sparse:
      self = try Self.decoded(storage, rows: rows, columns: columns, compute: compute)
    case .shared(let role): throw Failure(StorageReason.unresolved(role))
    }
  }

  private static func dense(
    _ tensor: Tensor, rows: Int, columns: Int, compute: Compute
  ) throws -> LinearWeights {
    guard tensor.elementType.isFloat else {
      throw Failure(WeightReason.notFloat(tensor.elementType))
    }
    let matrix = tensor.reshaped([rows, columns])
    if compute == .exact, try !looksSparse(matrix) { return .dense(try DenseWeights(matrix)) }
    return try decoded(.dense(tensor), rows: rows, columns: columns, compute: compute)
  }

  /// Whether a good part of the first elements is zero, so that it pays to look at all.
  private static func looksSparse(_ tensor: Tensor) throws -> Bool {
    let width = tensor.elementType.byteWidth ?? 1
    let sample = min(tensor.elementCount, 4096)
    let zeros = try tensor.source.withBytes(0..<(sample * width)) { bytes in
      (0..<sample).count { Cast.loadDouble(bytes, tensor.elementType, $0) == 0 }
    }
    return zeros * 4 > sample
  }

  private static func decoded(
    _ storage: Storage, rows: Int, columns: Int, compute: Compute
  ) throws -> LinearWeights {
    let values = try storage.values(of: [rows, columns])
    guard values.allSatisfy(\.isFinite) else { throw Failure(EncoderReason.notFinite) }
    return try values.withUnsafeBufferPointer { values in
      switch SparsityPattern(rows: rows, columns: columns, floats: values).fastest {
      case .rows: .rows(try SparseRows(rows: rows, columns: columns, floats: values))
      case .blocks: .blocks(try SparseBlocks(rows: rows, columns: columns, floats: values))
      case .dense:
        compute == .int8
          ? .integers(try Int8Weights(rows: rows, columns: columns, floats: values))
          : .dense(try DenseWeights(rows: rows, columns: columns, floats: values))
      }
    }
  }

  /// Codes of 8 bits stay as they are; nil where the kernels do not know the scheme.
  private static func integers(
    _ codes: Tensor, _ scheme: QuantizationScheme, _ rows: Int, _ columns: Int, _ compute: Compute
  ) throws -> LinearWeights? {
    guard let matrix = try IntegerMatrix(codes, scheme, rows: rows, columns: columns) else {
      return nil
    }
    let groups = matrix.groups
    return try codes.withBytes { bytes in
      let codes = bytes.bindMemory(to: Int8.self)
      if compute == .int8, matrix.isSymmetric, groups == 1 || columns / groups % 4 == 0 {
        return .integers(
          try Int8Weights(
            rows: rows, columns: columns, codes: codes, scales: matrix.scales,
            groups: groups))
      }
      guard compute == .exact else { return nil }
      return .dense(
        try DenseWeights(
          rows: rows, columns: columns, codes: codes, scales: matrix.scales,
          zeroPoints: matrix.zeroPoints, groups: groups))
    }
  }
}
