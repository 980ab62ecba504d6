import Checkpoints
import Tensors

extension CompressedModule {
  /// A weight that is stored as integers, one in a byte or packed.
  func quantizedWeight(_ configuration: CompressedTensorsConfiguration) throws -> Weight {
    if let stored = parts["weight_packed"] ?? parts["weight"],
      stored.elementType != .i8, stored.elementType != .i32,
      case .unsupported(let format)? = configuration.groups.map(\.scheme).first(where: {
        if case .unsupported = $0 { true } else { false }
      })
    {
      throw Failure(CompressedTensorsReason.unsupported(format))
    }
    let codes = try StoredCodes(self, packsByWord: configuration.packsByWord)
    let group = try codes.group(of: configuration, in: self)
    return try codes.weight(group, in: self)
  }
}

/// The integers of a weight as compressed-tensors stores them, before it is known how many bits they have.
struct StoredCodes {
  let tensor: Tensor
  let shape: Shape
  let isPacked: Bool
  private let scales: Tensor
  private let packsByWord: Bool

  init(_ module: CompressedModule, packsByWord: Bool) throws {
    self.packsByWord = packsByWord
    isPacked = module.parts["weight_packed"] != nil
    if isPacked {
      if module.parts["weight"] != nil {
        throw Failure(CompressedTensorsReason.several("weight_packed", "weight"))
      }
      tensor = try module.matrix("weight_packed", [.i32])
      shape = try module.denseShape("weight_shape")
      guard shape[0] == tensor.shape[0] else {
        throw Failure(
          CompressedTensorsReason.shape(
            "weight_packed", tensor.shape, expected: "\(shape[0]) rows"))
      }
    } else {
      tensor = try module.matrix("weight", [.i8])
      shape = tensor.shape
    }
    scales = try module.part("weight_scale", CompressedModule.floats)
  }

  /// Integers under a mask, spread to the whole matrix.
  init(_ spread: Tensor, in module: CompressedModule) throws {
    (tensor, shape, isPacked, packsByWord) = (spread, spread.shape, false, false)
    scales = try module.part("weight_scale", CompressedModule.floats)
  }

  /// The group of the configuration that the module belongs to: the one that names it, else the one
  /// that its shapes fit.
  func group(
    of configuration: CompressedTensorsConfiguration, in module: CompressedModule
  ) throws -> (bits: Int, strategy: QuantizationGroup.Strategy, isSymmetric: Bool) {
    if let named = configuration.groups.first(where: { $0.targets.contains(module.name) }) {
      return try integers(named.scheme)
    }
    let fitting = configuration.groups.filter { fits($0.scheme) }
    guard let first = fitting.first else {
      for group in configuration.groups { _ = try integers(group.scheme) }
      throw Failure(CompressedTensorsReason.noGroup)
    }
    let widths = try fitting.map { try integers($0.scheme).bits }
    if isPacked, let other = widths.first(where: { $0 != widths[0] }) {
      throw Failure(CompressedTensorsReason.ambiguous([widths[0], other]))
    }
    return try integers(first.scheme)
  }

  private func integers(
    _ scheme: QuantizationGroup.Scheme
  ) throws -> (bits: Int, strategy: QuantizationGroup.Strategy, isSymmetric: Bool) {
    switch scheme {
    case .integers(let bits, let strategy, let isSymmetric): (bits, strategy, isSymmetric)
    case .unsupported(let format): throw Failure(CompressedTensorsReason.unsupported(format))
    }
  }

  private func fits(_ scheme: QuantizationGroup.Scheme) -> Bool {
    guard case .integers(let bits, let strategy, _) = scheme,
      let expected = strategy.scaleShape(rows: shape[0], columns: shape[1])
    else { return false }
    return areScales(of: expected) && (!isPacked || packing(bits) != nil)
  }

  /// Whether the scales are of a shape; those of rows and of whole tensors may lack an axis.
  private func areScales(of expected: Shape) -> Bool {
    scales.shape == expected
      || scales.shape.rank < 2 && expected.lengths.dropFirst().allSatisfy { $0 == 1 }
        && scales.elementCount == expected.elementCount
  }

  private func packing(_ bits: Int) -> WordPacking? {
    WordPacking.found(bits, length: shape[1], words: tensor.shape[1], isOld: packsByWord)
  }

  func weight(
    _ group: (bits: Int, strategy: QuantizationGroup.Strategy, isSymmetric: Bool),
    in module: CompressedModule
  ) throws -> CompressedModule.Weight {
    let (rows, columns) = (shape[0], shape[1])
    guard let scaleShape = group.strategy.scaleShape(rows: rows, columns: columns) else {
      throw Failure(
        CompressedTensorsReason.shape("weight", shape, expected: "columns in whole groups"))
    }
    guard areScales(of: scaleShape) else {
      throw Failure(
        CompressedTensorsReason.shape(
          "weight_scale", scales.shape, expected: scaleShape.description))
    }
    var index: Tensor?
    if case .group(let size) = group.strategy {
      index = try module.groupIndex(
        "weight_g_idx", columns: columns, groups: scaleShape[1], size: size)
    }
    let scheme = QuantizationScheme.uniform(
      bits: group.bits, granularity: group.strategy.granularity, scales: scales,
      zeroPoints: try zeroPoints(group.bits, group.strategy, scaleShape, group.isSymmetric, module),
      groupIndex: index)
    return CompressedModule.Weight(
      storage: .quantized(codes: try codes(group.bits), scheme: scheme), shape: shape,
      elementType: scales.elementType)
  }

  private func codes(_ bits: Int) throws -> Tensor {
    guard isPacked else { return tensor }
    let words = tensor.shape[1]
    guard let packing = packing(bits) else {
      let expected = WordPacking.dense(bits).wordCount(of: shape[1]).map(String.init) ?? "fewer"
      throw Failure(
        CompressedTensorsReason.shape(
          "weight_packed", tensor.shape, expected: "\(expected) words in a row"))
    }
    return packing.values(
      of: tensor, .rows(of: words), lines: shape[0], length: shape[1], to: .rows(of: shape[1]),
      shape: shape)
  }

  /// The zero points in the order of the scales. Beside packed weights those of rows and groups are packed too, down
  /// the columns.
  private func zeroPoints(
    _ bits: Int, _ strategy: QuantizationGroup.Strategy, _ shape: Shape, _ isSymmetric: Bool,
    _ module: CompressedModule
  ) throws -> Tensor? {
    let name = "weight_zero_point"
    if isSymmetric, module.parts[name] == nil { return nil }
    let zeros = try module.part(name, [.i8, .i32, .i64])
    if isPacked, zeros.elementType == .i32, shape.rank == 2 {
      let (rows, groups) = (shape[0], shape[1])
      guard zeros.shape.rank == 2, zeros.shape[1] == groups,
        let packing = WordPacking.found(
          bits, length: rows, words: zeros.shape[0], isOld: packsByWord)
      else {
        throw Failure(
          CompressedTensorsReason.shape(
            name, zeros.shape, expected: "\(groups) columns of \(rows) packed integers"))
      }
      return packing.values(
        of: zeros, .columns(of: groups), lines: groups, length: rows, to: .columns(of: groups),
        shape: shape)
    }
    guard zeros.elementCount == shape.elementCount else {
      throw Failure(
        CompressedTensorsReason.shape(name, zeros.shape, expected: shape.description))
    }
    return zeros
  }
}
