import Kernels
import Tensors

extension Storage {
  /// Some rows and some columns of a parameter, in the same storage; nil takes all.
  ///
  /// Nothing but masks is read, whose survivors must be counted; what survives is gathered when it is asked for. Codes
  /// go with the scales of their rows, columns, groups or blocks, factors with their outer axes.
  ///
  /// - Parameters:
  ///   - rows: along the first axis of a matrix or a vector.
  ///   - columns: along the second axis of a matrix.
  ///   - shape: the parameter's logical shape.
  /// - Throws: ``Failure`` where a group, block or sub-vector would be cut, or where the storage has no such axes.
  package func taking(rows: Gather?, columns: Gather?, of shape: Shape) throws -> Storage {
    guard rows != nil || columns != nil else { return self }
    switch self {
    case .shared: return self
    case .dense(let tensor):
      guard tensor.shape == shape, tensor.elementType.byteWidth != nil else {
        throw Failure(TakingReason.indivisible(self.description))
      }
      return .dense(tensor.taking(rows: rows, columns: columns))
    default: break
    }
    guard shape.rank == 2 else { throw Failure(TakingReason.indivisible(self.description)) }
    switch self {
    case .dense, .shared: return self
    case .sum(let left, let right):
      return .sum(
        try left.taking(rows: rows, columns: columns, of: shape),
        try right.taking(rows: rows, columns: columns, of: shape))
    case .factorized(let left, let right):
      let rank = try Storage.rank(left, right, rows: shape[0], columns: shape[1])
      return .factorized(
        left: try left.taking(rows: rows, columns: nil, of: [shape[0], rank]),
        right: try right.taking(rows: nil, columns: columns, of: [rank, shape[1]]))
    case .quantized(let codes, let scheme):
      let codes = try scheme.takingCodes(codes, rows, columns, of: shape)
      return .quantized(codes: codes, scheme: try scheme.taking(rows, columns, of: shape))
    case .sparse(let mask, let values):
      return try mask.taking(rows, columns, with: values, of: shape)
    }
  }
}

extension QuantizationScheme {
  fileprivate func takingCodes(
    _ codes: Tensor, _ rows: Gather?, _ columns: Gather?, of shape: Shape
  ) throws -> Tensor {
    let width = codeWidth
    guard shape[1] % width == 0, codes.elementCount == shape.elementCount / width,
      codes.elementType.byteWidth != nil
    else {
      throw Failure(StorageReason.misfit("codes", shape: codes.shape, of: "\(shape)"))
    }
    return codes.reshaped([shape[0], shape[1] / width])
      .taking(rows: rows, columns: try columns.map { try whole($0, width) })
  }

  /// The scheme of the rows and columns that are taken.
  func taking(
    _ rows: Gather?, _ columns: Gather?, of shape: Shape
  ) throws -> QuantizationScheme {
    switch self {
    case .codebook: return self
    case .rowStep(let steps):
      return .rowStep(steps: try steps.taking(rows, nil, as: [shape[0], 1]))
    case .product(let entries):
      let spaces = try columns.map { try whole($0, codeWidth) }
      return .product(entries: entries.taking(rows: spaces))
    case .uniform(let bits, let granularity, let scales, let zeroPoints, let groupIndex):
      let (height, width) = granularity.extent(in: shape)
      let grid: Shape = [
        (shape[0] + height - 1) / height, (shape[1] + width - 1) / width,
      ]
      let down = height >= shape[0] ? nil : try rows.map { try whole($0, height) }
      // Columns that name their groups take these with them.
      let isNamed = groupIndex != nil || width >= shape[1]
      let across = isNamed ? nil : try columns.map { try whole($0, width) }
      let index = try groupIndex.map { try $0.taking(columns, nil, as: [shape[1]]) }
      if index != nil, let columns, (columns.count + width - 1) / width != grid[1] {
        throw Failure(TakingReason.cut("a group of \(width) columns"))
      }
      return .uniform(
        bits: bits, granularity: granularity,
        scales: try scales.taking(down, across, as: grid),
        zeroPoints: try zeroPoints?.taking(down, across, as: grid), groupIndex: index)
    }
  }

  private func whole(_ gather: Gather, _ size: Int) throws -> Gather {
    guard let steps = gather.inSteps(of: size) else {
      throw Failure(TakingReason.cut("a run of \(size) that share a code or a scale"))
    }
    return steps
  }
}

extension QuantizationScheme.Granularity {
  /// The rows and the columns that share a scale, in a matrix.
  fileprivate func extent(in shape: Shape) -> (height: Int, width: Int) {
    let (rows, columns) = (max(1, shape[0]), max(1, shape[1]))
    return switch self {
    case .tensor: (rows, columns)
    case .axis(0): (1, columns)
    case .axis: (rows, 1)
    case .group(let size): (1, max(1, size))
    case .block(let height, let width): (max(1, height), max(1, width))
    }
  }
}

extension Tensor {
  /// Rows and columns of a grid of scales, whatever shape it is stored in.
  fileprivate func taking(_ rows: Gather?, _ columns: Gather?, as grid: Shape) throws -> Tensor {
    guard elementCount == grid.elementCount, elementType.byteWidth != nil else {
      throw Failure(StorageReason.misfit("scales", shape: shape, of: "\(grid)"))
    }
    guard rows != nil || columns != nil else { return self }
    let taken = reshaped(grid).taking(rows: rows, columns: columns)
    return shape.rank == 1 ? taken.reshaped([taken.elementCount]) : taken
  }
}

/// Why rows or columns cannot be taken out of a storage as it is.
package enum TakingReason: Reason {
  case cut(String)
  case indivisible(String)

  package var description: String {
    switch self {
    case .cut(let what): "what is to stay cuts through \(what)"
    case .indivisible(let storage): "no rows or columns can be taken out of \(storage)"
    }
  }

  package var hint: String? { "merge it first: the pass 'merge' makes it dense" }
}
