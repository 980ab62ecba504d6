import Checkpoints
import Kernels
import Tensors

/// How much a weight matters.
enum PruningMeasure: Sendable {
  case magnitude
  /// |w| · ‖x‖, with the norm of the input's feature (Wanda: Sun et al., 2023).
  case norm([Float])
  /// As calibration has found it, one number for each weight.
  case importance(Tensor)
  /// By how much the loss grows at least, other weights of the block making up for it.
  case curvature(InverseFisher)
  /// By the error of what the linear gives, others making up for it (SparseGPT): the second moments of its inputs.
  case inputs(LinearInputs)

  /// - Throws: ``Failure`` if there are statistics, but none of the parameter.
  init(
    of parameter: Parameter, _ method: Prune.Method?, _ arguments: PassArguments,
    _ statistics: Statistics?
  ) throws {
    guard let statistics, method != .magnitude else {
      self = .magnitude
      return
    }
    let role = parameter.role
    let width = parameter.shape.lengths.last ?? 1
    switch method {
    case .wanda:
      guard let norm = try statistics.norm(role, width: width) else {
        throw Self.lacking("neither '\(role).norm' nor '\(role).gram'")
      }
      self = .norm(norm)
      return
    case .sparsegpt:
      guard statistics.hasGram(role) else { throw Self.lacking("no '\(role).gram'") }
      self = .inputs(LinearInputs(of: role, width: width, statistics, arguments))
      return
    case .fisher:
      guard let fisher = try statistics.fisher(role, of: parameter.shape) else {
        throw Self.lacking("no '\(role).fisher'")
      }
      self = .importance(try Self.saliency(of: parameter, fisher))
      return
    case nil, .magnitude: break
    }
    if let (tensor, block) = try statistics.inverseFisher(role, of: parameter.shape) {
      self = .curvature(InverseFisher(blocks: tensor, block: block, shape: parameter.shape))
    } else if let (shape, values) = try statistics.importance(role) {
      guard shape == parameter.shape else {
        throw Failure(StatisticsReason.shape(shape, expected: parameter.shape))
      }
      let bytes = values.withUnsafeBytes { [UInt8]($0) }
      self = .importance(Tensor(.f32, shape, source: MemorySource(bytes)))
    } else if let norm = try statistics.norm(role, width: width) {
      self = .norm(norm)
    } else {
      throw Self.lacking(
        "neither '\(role).importance' nor '\(role).norm' nor '\(role).inverse-fisher'")
    }
  }

  /// |w| · √F, by which weights come in the order of ½ F w², what the loss grows by if one goes (LeCun, Denker and Solla, "Optimal Brain
  /// Damage", 1990), F being the mean squared derivative of the loss.
  private static func saliency(of parameter: Parameter, _ fisher: [Float]) throws -> Tensor {
    let weights = try parameter.storage.values(of: parameter.shape)
    let saliency = zip(weights, fisher).map { abs($0) * max(0, $1).squareRoot() }
    return Tensor(
      .f32, parameter.shape, source: MemorySource(saliency.withUnsafeBytes { [UInt8]($0) }))
  }

  private static func lacking(_ what: String) -> Failure {
    Failure(
      PassReason.unfit(pass: Prune.declaration.name, why: "the statistics hold \(what)"))
  }

  var name: String {
    switch self {
    case .magnitude: "magnitude"
    case .norm: "norm"
    case .importance: "importance"
    case .curvature: "curvature"
    case .inputs: "inputs"
    }
  }

  /// By which weights, or blocks of them, are compared: F32, of which the magnitude counts.
  ///
  /// - Parameter weights: F32, row-major.
  /// - Throws: ``Failure`` if the blocks do not lie within those of the curvature.
  func scores(of weights: Tensor, columns: Int, block: Shape) throws -> Tensor {
    switch self {
    case .magnitude, .inputs: weights.blockNorms(columns: columns, block: block)
    case .importance(let tensor): tensor.blockNorms(columns: columns, block: block)
    case .norm(let norm):
      Tensor(.f32, weights.shape, source: ScaledColumns(base: weights.source, scales: norm))
        .blockNorms(columns: columns, block: block)
    case .curvature(let fisher): try fisher.scores(of: weights, pattern: block)
    }
  }
}

extension Tensor {
  /// The Euclidean norms of a matrix's blocks, `[rows of blocks, blocks across]`; the tensor itself where a block is
  /// one element.
  fileprivate func blockNorms(columns: Int, block: Shape) -> Tensor {
    guard block.elementCount > 1 else { return self }
    return Tensor(
      .f32, [elementCount / columns / block[0], columns / block[1]],
      source: BlockNorms(base: source, columns: columns, height: block[0], width: block[1]))
  }
}

/// A matrix of singles with its columns scaled.
private struct ScaledColumns: TensorSource {
  let base: any TensorSource
  let scales: [Float]

  var byteCount: Int { base.byteCount }
  var pieceSize: Int { max(4, base.pieceSize / 4 * 4) }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let (first, last) = (range.lowerBound / 4, (range.upperBound + 3) / 4)
    return try withScratch((last - first) * 4) { scratch in
      let result = scratch.bindMemory(to: Float.self)
      try base.withBytes((first * 4)..<(last * 4)) { bytes in
        var column = first % scales.count
        for place in 0..<(last - first) {
          let value = bytes.loadUnaligned(fromByteOffset: place &* 4, as: Float.self)
          result[place] = value * scales[column]
          column = column &+ 1 == scales.count ? 0 : column &+ 1
        }
      }
      let start = range.lowerBound - first * 4
      return try body(UnsafeRawBufferPointer(rebasing: scratch[start..<(start + range.count)]))
    }
  }
}

/// The Euclidean norms of the blocks of a matrix of singles.
private struct BlockNorms: TensorSource {
  let base: any TensorSource
  let columns: Int
  let height: Int
  let width: Int

  private var across: Int { columns / width }
  /// A row of blocks, in the matrix and here.
  private var rowSizes: (base: Int, norms: Int) { (height * columns * 4, across * 4) }

  var byteCount: Int { base.byteCount / (height * width) }

  var pieceSize: Int {
    guard base.pieceSize < base.byteCount else { return max(1, byteCount) }
    return max(1, base.pieceSize / rowSizes.base) * rowSizes.norms
  }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard !range.isEmpty else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    let (size, norms) = rowSizes
    let rows = (range.lowerBound / norms)..<((range.upperBound + norms - 1) / norms)
    return try withScratch(rows.count * norms + across * 8 + 8) { scratch in
      let result = scratch.baseAddress!.assumingMemoryBound(to: Float.self)
      try base.withBytes((rows.lowerBound * size)..<(rows.upperBound * size)) { bytes in
        let sums = (scratch.baseAddress! + (rows.count * norms + 7) / 8 * 8)
          .assumingMemoryBound(to: Double.self)
        for row in 0..<rows.count {
          fill(result + row * across, sums, from: bytes.baseAddress! + row * size)
        }
      }
      let start = range.lowerBound - rows.lowerBound * norms
      return try body(UnsafeRawBufferPointer(rebasing: scratch[start..<(start + range.count)]))
    }
  }

  private func fill(
    _ norms: UnsafeMutablePointer<Float>, _ sums: UnsafeMutablePointer<Double>,
    from bytes: UnsafeRawPointer
  ) {
    for block in 0..<across { sums[block] = 0 }
    for row in 0..<height {
      for block in 0..<across {
        for inner in 0..<width {
          let place = row &* columns &+ block &* width &+ inner
          let value = Double(bytes.loadUnaligned(fromByteOffset: place &* 4, as: Float.self))
          sums[block] += value * value
        }
      }
    }
    for block in 0..<across { norms[block] = Float(sums[block].squareRoot()) }
  }
}
