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
    guard let gram else { throw Failure(QuantizeReason.noInputs, at: place) }
    let group = try groupLength(granularity)
    let scaleShape: Shape = [rows, group.map { columns / $0 } ?? 1]
    return holdingUniform(
      bits: bits, granularity: granularity, isSymmetric: isSymmetric,
      scales: (rounding.type, scaleShape)
    ) {
      let rule = RoundingRule(
        bits: bits, isSymmetric: isSymmetric, group: group, scales: rounding)
      try sweep(rule, gram)
      guard !rule.isTooWide else { throw Failure(QuantizationReason.rangeTooWide) }
      return rule.result
    }
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

  private func sweep(_ rule: RoundingRule, _ gram: [Float]) throws {
    var values = [Float](repeating: 0, count: rows * columns)
    try values.withUnsafeMutableBufferPointer { try reader().read(0..<rows, into: $0) }
    let sweep = try ColumnSweep(
      rows: rows, columns: columns, try InputCurvature(gram: gram, size: columns))
    if let kept = try keptElements() {
      _ = sweep.run(values, JointRule(MaskingRule(.given(kept)), rule))
    } else {
      _ = sweep.run(values, rule)
    }
  }
}
