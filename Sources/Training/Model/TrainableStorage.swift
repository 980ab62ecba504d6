import Checkpoints
import Tensors

/// A parameter of a checkpoint as it is trained: the storage's own parts, each with values and a gradient.
indirect enum TrainableStorage {
  /// Dense, or with a mask; decoded where it was quantized.
  case whole(TrainableParameter)
  case product(left: TrainableStorage, right: TrainableStorage)
  case sum(TrainableStorage, TrainableStorage)

  var parameters: [TrainableParameter] {
    switch self {
    case .whole(let parameter): [parameter]
    case .product(let left, let right): left.parameters + right.parameters
    case .sum(let first, let second): first.parameters + second.parameters
    }
  }

  /// - Parameter isLookedUp: whether the gradient is of some rows only.
  init(
    _ storage: Storage, _ id: TrainableParameter.ID, rows: Int, columns: Int, isLookedUp: Bool
  ) throws {
    switch storage {
    case .factorized(let left, let right):
      let rank = try Storage.rank(left, right, rows: rows, columns: columns)
      self = .product(
        left: try TrainableStorage(
          left, .init(id.role, .left), rows: rows, columns: rank, isLookedUp: isLookedUp),
        right: try TrainableStorage(
          right, .init(id.role, .right), rows: rank, columns: columns, isLookedUp: false))
    case .sum(let first, let second)
    where (first.kind == .factorized) != (second.kind == .factorized):
      self = .sum(
        try TrainableStorage(first, id, rows: rows, columns: columns, isLookedUp: isLookedUp),
        try TrainableStorage(second, id, rows: rows, columns: columns, isLookedUp: isLookedUp))
    default:
      self = .whole(try Self.parameter(storage, id, rows, columns, isLookedUp))
    }
  }

  private static func parameter(
    _ storage: Storage, _ id: TrainableParameter.ID, _ rows: Int, _ columns: Int,
    _ isLookedUp: Bool
  ) throws -> TrainableParameter {
    let values = try FloatBuffer(count: rows * columns)
    let reader = try storage.rows(of: [rows, columns])
    try reader.read(0..<rows, into: values.elements)
    guard values.array.allSatisfy(\.isFinite) else { throw Failure(TrainingReason.notFinite) }
    let gradient: Gradient =
      isLookedUp
      ? .rows(RowGradient(columns: columns)) : .dense(try FloatBuffer(count: rows * columns))
    let parameter = TrainableParameter(
      id, rows: rows, columns: columns, values: values, gradient: gradient)
    if case .sparse(let mask, _) = storage {
      parameter.mask = try mask.floats(rows: rows, columns: columns)
    }
    return parameter
  }
}

extension TrainableStorage {
  /// The whole matrix, factors multiplied and sums added up.
  func node(_ tape: Tape) throws -> Node {
    switch self {
    case .whole(let parameter): try tape.node(parameter)
    case .product(let left, let right): try tape.product(try left.node(tape), try right.node(tape))
    case .sum(let first, let second):
      try tape.sum([(1, try first.node(tape)), (1, try second.node(tape))])
    }
  }

  /// The storage in a checkpoint that holds the values as they are now, or other numbers, as the one it came from did.
  func storage(
    like original: Storage?, _ numbers: (TrainableParameter) -> FloatBuffer = { $0.values }
  ) throws -> Storage {
    switch self {
    case .whole(let parameter):
      let buffer = numbers(parameter)
      guard let mask = parameter.mask, case .sparse(let old, _)? = original else {
        return .dense(buffer.copied(rows: parameter.rows, columns: parameter.columns))
      }
      return try parameter.sparse(buffer, mask, like: old)
    case .product(let left, let right):
      let parts = original?.parts ?? []
      return .factorized(
        left: try left.storage(like: parts.first, numbers),
        right: try right.storage(like: parts.last, numbers))
    case .sum(let first, let second):
      let parts = original?.parts ?? []
      return .sum(
        try first.storage(like: parts.first, numbers),
        try second.storage(like: parts.last, numbers))
    }
  }
}

extension FloatBuffer {
  /// A copy of the numbers.
  fileprivate func copied(rows: Int, columns: Int) -> Tensor {
    withExtendedLifetime(self) {
      Tensor(
        .f32, [rows, columns],
        source: MemorySource([UInt8](UnsafeRawBufferPointer(elements))))
    }
  }
}

extension TrainableParameter {
  /// The survivors of a mask; in the blocks of the mask it came from, unless what survives has changed since.
  fileprivate func sparse(
    _ numbers: FloatBuffer, _ floats: FloatBuffer, like old: Mask
  ) throws -> Storage {
    var mask = old
    let now = floats.array
    if try old.floats(rows: rows, columns: columns).array != now {
      let kept = now.map { UInt8($0 == 0 ? 0 : 1) }
      mask = Mask(
        kept: Tensor(.bool, [rows, columns], source: MemorySource(kept)),
        denseShape: [rows, columns])
    }
    let geometry = try mask.geometry(of: [rows, columns])
    let bytes = try geometry.gather(
      [UInt8](UnsafeRawBufferPointer(numbers.elements)), elementWidth: 4)
    let survivors = Tensor(.f32, [bytes.count / 4], source: MemorySource(bytes))
    return .sparse(mask: mask, values: .dense(survivors))
  }
}

extension Mask {
  /// 1 for each element that is kept, 0 for the others.
  fileprivate func floats(rows: Int, columns: Int) throws -> FloatBuffer {
    let geometry = try geometry(of: [rows, columns])
    let result = try FloatBuffer(count: rows * columns)
    let across = columns / geometry.width
    try kept.withBytes { bytes in
      for row in 0..<rows {
        for column in 0..<columns {
          let block = row / geometry.height * across + column / geometry.width
          result.start[row * columns + column] = bytes[block] == 0 ? 0 : 1
        }
      }
    }
    return result
  }
}
