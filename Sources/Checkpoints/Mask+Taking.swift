import Kernels
import Tensors

extension Mask {
  /// The mask and the survivors of some rows and columns.
  func taking(
    _ rows: Gather?, _ columns: Gather?, with values: Storage, of shape: Shape
  ) throws -> Storage {
    let (height, width) = (block.rank == 2 ? block[0] : 1, block.rank == 2 ? block[1] : 1)
    guard kept.elementType == .bool, height > 0, width > 0, shape[0] % height == 0,
      shape[1] % width == 0, kept.elementCount == shape.elementCount / (height * width)
    else {
      throw Failure(StorageReason.misfit("a mask", shape: kept.shape, of: "\(shape)"))
    }
    let grid: Shape = [shape[0] / height, shape[1] / width]
    let down = try rows.map { try whole($0, height) }
    let across = try columns.map { try whole($0, width) }
    let flags = kept.reshaped(grid).taking(rows: down, columns: across)
    let mask = Mask(
      kept: flags, denseShape: [rows?.count ?? shape[0], columns?.count ?? shape[1]], block: block)
    let survivors = Survivors(
      kept: kept.reshaped(grid), rows: down, columns: across, block: height * width)
    let count = try flags.keptCount() * height * width
    let all = try kept.keptCount() * height * width
    return .sparse(
      mask: mask,
      values: try survivors.taken(of: values, all: all, count: count, rows, columns, shape))
  }

  private func whole(_ gather: Gather, _ size: Int) throws -> Gather {
    guard let steps = gather.inSteps(of: size) else {
      throw Failure(TakingReason.cut("blocks of \(block) under a mask"))
    }
    return steps
  }
}

extension Tensor {
  /// How many bytes are not zero.
  fileprivate func keptCount() throws -> Int {
    try source.pieces.reduce(0) { count, piece in
      try count + source.withBytes(piece) { bytes in bytes.count { $0 != 0 } }
    }
  }
}

/// The values under a mask that are under a part of it too.
private struct Survivors: Sendable {
  /// `[rows, columns]` in units of blocks.
  let kept: Tensor
  let rows: Gather?
  let columns: Gather?
  /// How many values a block has.
  let block: Int

  func taken(
    of values: Storage, all: Int, count: Int, _ denseRows: Gather?, _ denseColumns: Gather?,
    _ shape: Shape
  ) throws -> Storage {
    switch values {
    case .dense(let tensor): return .dense(try taken(of: tensor, all: all, count: count))
    case .quantized(let codes, let scheme):
      return .quantized(
        codes: try taken(of: codes, all: all, count: count),
        scheme: try scheme.takingOfCodes(denseRows, denseColumns, of: shape))
    default:
      throw Failure(StorageReason.illegalNesting(outer: .sparse, inner: values.kind))
    }
  }

  private func taken(of values: Tensor, all: Int, count: Int) throws -> Tensor {
    guard values.elementCount == all, let width = values.elementType.byteWidth else {
      throw Failure(
        StorageReason.misfit("the values under a mask", shape: values.shape, of: "\(all) kept"))
    }
    return Computation.tensors([(values.elementType, [count])]) {
      let size = width * block
      let places = try starts()
      return [
        try values.withBytes { bytes in
          var result: [UInt8] = []
          result.reserveCapacity(count * width)
          for place in places { result += bytes[(place * size)..<((place + 1) * size)] }
          return result
        }
      ]
    }[0]
  }

  /// For each block that is kept and taken, in the order in which they are taken, its place among those kept.
  private func starts() throws -> [Int] {
    let across = kept.shape[1]
    return try kept.withBytes { flags in
      var before = [Int](repeating: 0, count: kept.shape[0] + 1)
      for row in 0..<kept.shape[0] {
        before[row + 1] =
          before[row] + flags[(row * across)..<((row + 1) * across)].count { $0 != 0 }
      }
      let taken = columns?.indices ?? Array(0..<across)
      var ranks = [Int](repeating: 0, count: across)
      var result: [Int] = []
      for row in rows?.indices ?? Array(0..<kept.shape[0]) {
        var rank = before[row]
        for column in 0..<across {
          ranks[column] = rank
          if flags[row * across + column] != 0 { rank += 1 }
        }
        for column in taken where flags[row * across + column] != 0 { result.append(ranks[column]) }
      }
      return result
    }
  }
}

extension QuantizationScheme {
  /// The scheme of some rows and columns, for codes that are no matrix.
  fileprivate func takingOfCodes(
    _ rows: Gather?, _ columns: Gather?, of shape: Shape
  ) throws -> QuantizationScheme {
    guard codeWidth == 1 else { throw Failure(TakingReason.indivisible("a product code")) }
    return try taking(rows, columns, of: shape)
  }
}
