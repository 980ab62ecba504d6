import Checkpoints
import Kernels
import Tensors

extension QuantizableMatrix {
  /// Equally spaced numbers for each row or group, rounding errors being made up for by later columns as far as what the matrix is fed allows
  /// (GPTQ: Frantar et al., 2023). What is masked stays so.
  func compensated(
    bits: Int, granularity: QuantizationScheme.Granularity, isSymmetric: Bool,
    scales rounding: ScaleRounding
  ) throws -> Storage {
    let group = try groupLength(granularity)
    let scaleShape: Shape = [rows, group.map { columns / $0 } ?? 1]
    return holdingUniform(
      bits: bits, granularity: granularity, isSymmetric: isSymmetric,
      scales: (rounding.type, scaleShape)
    ) {
      let rule = RoundingRule(
        bits: bits, isSymmetric: isSymmetric, group: group, scales: rounding)
      try sweep(rule)
      guard !rule.isTooWide else { throw Failure(QuantizationReason.rangeTooWide) }
      return rule.result
    }
  }

  /// Multiples of a step for each row, rounding errors being made up for in the same way.
  ///
  /// - Parameter power: how far steps go by the sensitivities of rows, where these are known.
  func compensatedRowStep(
    factor: Double, steps rounding: ScaleRounding, sensitivityPower power: Double
  ) throws -> Storage {
    let quantizer = StepQuantizer(factor: factor, width: columns, scales: rounding)
    // What makes up for errors may go beyond what the weights were.
    let least = sensitivities == nil ? factor / 4 : factor / 4 / StepBalance.limit
    let type = StepQuantizer(factor: least, width: columns, scales: rounding).type
    let tensors = computing([(type, codeShape), (rounding.type, [rows])]) {
      var steps = try quantizer.steps(of: reader(), counts: countsOfRows())
      if let sensitivities {
        steps = balanced(steps: steps, sensitivities: sensitivities, power: power)
        rounding.round(&steps)
      }
      let rule = StepRule(steps: steps, type: type)
      try sweep(rule)
      return [try kept(of: rule.bytes, width: type.byteWidth!), quantizer.bytes(of: steps)]
    }
    return holding(tensors[0], .rowStep(steps: tensors[1]))
  }

  /// Columns that share a scale; nil for all.
  private func groupLength(_ granularity: QuantizationScheme.Granularity) throws -> Int? {
    switch granularity {
    case .axis(0): return nil
    case .group(let size):
      guard columns % size == 0 else {
        throw Failure(
          QuantizeReason.indivisible(columns: columns, by: "groups of \(size)"), at: place)
      }
      return size
    default: throw Failure(QuantizeReason.neitherRowNorGroup, at: place)
    }
  }

  private func sweep(_ rule: some ColumnRule) throws {
    guard let curvature = try inputs?.curvature() else {
      throw Failure(QuantizeReason.noInputs, at: place)
    }
    var values = [Float](repeating: 0, count: rows * columns)
    try values.withUnsafeMutableBufferPointer { try reader().read(0..<rows, into: $0) }
    let sweep = try ColumnSweep(rows: rows, columns: columns, curvature)
    if let kept = try keptElements() {
      _ = sweep.run(values, JointRule(MaskingRule(.given(kept)), rule))
    } else {
      _ = sweep.run(values, rule)
    }
  }
}
