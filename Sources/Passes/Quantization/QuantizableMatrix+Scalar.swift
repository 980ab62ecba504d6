import Checkpoints
import Kernels
import Tensors

extension QuantizableMatrix {
  /// Equally spaced numbers for each tile, as compressed-tensors has them.
  func uniform(
    bits: Int, granularity: QuantizationScheme.Granularity, isSymmetric: Bool,
    scales rounding: ScaleRounding
  ) throws -> Storage {
    if case .group(let size) = granularity, columns % size != 0 {
      throw Failure(
        QuantizeReason.indivisible(columns: columns, by: "groups of \(size)"), at: place)
    }
    guard let grid = granularity.grid(rows: rows, columns: columns) else {
      throw Failure(QuantizationReason.empty, at: place)
    }
    let quantizer = UniformQuantizer(
      grid, bits: bits, isSymmetric: isSymmetric, scales: rounding,
      known: isSymmetric ? try knownScales(grid) : nil)
    let scaleShape: Shape =
      granularity == .tensor ? [grid.count] : [grid.down, grid.across]
    return holdingUniform(
      bits: bits, granularity: granularity, isSymmetric: isSymmetric,
      scales: (rounding.type, scaleShape)
    ) { try quantizer.quantize(reader()) }
  }

  /// Codes and what they stand for, which are worked out when one of them is asked for.
  ///
  /// - Parameter work: gives row-major codes and zero points as I8, and scales in their type; zero points only of asymmetric codes.
  func holdingUniform(
    bits: Int, granularity: QuantizationScheme.Granularity, isSymmetric: Bool,
    scales: (type: ElementType, shape: Shape),
    _ work:
      @escaping @Sendable () throws -> (
        codes: [UInt8], scales: [UInt8], zeroPoints: [UInt8]?
      )
  ) -> Storage {
    var outlines = [(ElementType.i8, codeShape), (scales.type, scales.shape)]
    if !isSymmetric { outlines.append((.i8, scales.shape)) }
    let tensors = computing(outlines) {
      let result = try work()
      let codes = try kept(of: result.codes, width: 1)
      return [codes, result.scales] + (result.zeroPoints.map { [$0] } ?? [])
    }
    return holding(
      tensors[0],
      .uniform(
        bits: bits, granularity: granularity, scales: tensors[1],
        zeroPoints: isSymmetric ? nil : tensors[2], groupIndex: nil))
  }

  private func knownScales(_ grid: ScaleGrid) throws -> [Float]? {
    guard let scales else { return nil }
    guard scales.count == grid.count else {
      throw Failure(QuantizeReason.scales(scales.count, expected: grid.count), at: place)
    }
    return scales
  }

  /// Multiples of a step for each row.
  ///
  /// - Parameters:
  ///   - multipliers: of the step, one for each row; nil for 1.
  ///   - deadZone: a share of the step.
  func rowStep(
    factor: Double, multipliers: [Float]?, deadZone: Double, steps rounding: ScaleRounding
  ) -> Storage {
    let quantizer = StepQuantizer(
      factor: factor, width: columns, multipliers: multipliers, deadZone: deadZone,
      scales: rounding)
    let tensors = computing([(quantizer.type, codeShape), (rounding.type, [rows])]) {
      let result = try quantizer.quantize(reader(), counts: countsOfRows())
      return [try kept(of: result.codes, width: quantizer.type.byteWidth!), result.steps]
    }
    return holding(tensors[0], .rowStep(steps: tensors[1]))
  }
}
