import CKernels

extension Int8Weights {
  /// y[row] = bias[row] + scale[token] · Σ_groups scale[row] · (Σ_k code · code − zero point[token] · Σ_k code),
  /// or y[row] + … where `adding`; otherwise as ``DenseWeights/multiply(_:tokens:into:rowBlocks:bias:adding:)``.
  package func multiply(
    _ x: QuantizedActivations, tokens: Int, into y: Activations, rowBlocks: Range<Int>,
    bias: UnsafePointer<Float>?, adding: Bool
  ) {
    multiply(
      x, tokens: tokens, into: y, rowBlocks: rowBlocks, bias: bias, adding: adding,
      using: .available)
  }

  func multiply(
    _ x: QuantizedActivations, tokens: Int, into y: Activations, rowBlocks: Range<Int>,
    bias: UnsafePointer<Float>?, adding: Bool, using instructions: Instructions
  ) {
    precondition(rowBlocks.lowerBound >= 0 && rowBlocks.upperBound <= self.rowBlocks)
    precondition(x.features == columns && Activations.panels(tokens: tokens) <= x.panels)
    for group in rowBlocks.split(by: Self.groupedRowBlocks) {
      let rows = (group.lowerBound * Self.blockRows)..<min(group.upperBound * Self.blockRows, rows)
      switch instructions {
      case .baseline:
        runPlainly(x, tokens: tokens, into: y, rows: rows, bias: bias, adding: adding)
      case .avx2:
        runVectors(x, tokens: tokens, into: y, rows: rows, bias: bias, adding: adding)
      }
    }
  }

  /// Row blocks that all panels are taken through before the next, so that they stay in the
  /// second-level cache.
  private static let groupedRowBlocks = 16

  private func runPlainly(
    _ x: QuantizedActivations, tokens: Int, into y: Activations, rows: Range<Int>,
    bias: UnsafePointer<Float>?, adding: Bool
  ) {
    for row in rows {
      for token in 0..<tokens {
        let product = x.scales[token] * sum(row, x, token: token)
        let start = adding ? y[token, row] + (bias?[row] ?? 0) : bias?[row] ?? 0
        y[token, row] = start + product
      }
    }
  }

  /// - Precondition: the first row is the first of a block.
  private func runVectors(
    _ x: QuantizedActivations, tokens: Int, into y: Activations, rows: Range<Int>,
    bias: UnsafePointer<Float>?, adding: Bool
  ) {
    let block = rows.lowerBound / Self.blockRows
    let blockSize = columns.groups(of: QuantizedActivations.unit) * QuantizedActivations.unit
    let y = y.dropping(features: rows.lowerBound)
    scales.withUnsafeBufferPointer { scales in
      sums.withUnsafeBufferPointer { sums in
        let first = block * groups * Self.blockRows
        guard first < scales.count else { return }
        let weights = PareInt8Weights(
          codes: memory.elements(as: Int8.self) + block * blockSize * Self.blockRows,
          scales: scales.baseAddress! + first, sums: sums.baseAddress! + first, columns: columns,
          groups: groups)
        let activations = PareInt8Activations(
          codes: x.codes, scales: x.scales, zero_points: x.zeroPoints)
        pare_int8_product(
          weights, rows.count, activations, tokens, y.base, y.panelStride,
          bias.map { $0 + rows.lowerBound }, adding ? 1 : 0)
      }
    }
  }

  /// Σ_groups scale · (Σ_k code · code − zero point · Σ_k code).
  private func sum(_ row: Int, _ x: QuantizedActivations, token: Int) -> Float {
    let unit = QuantizedActivations.unit
    let width = Activations.panelWidth
    let (block, place) = row.quotientAndRemainder(dividingBy: Self.blockRows)
    let steps = columns.groups(of: unit)
    let weights = memory.elements(as: Int8.self) + (block * steps * Self.blockRows + place) * unit
    let codes = x.codes(panel: token / width) + token % width * unit
    var total: Float = 0
    for group in 0..<groups {
      var sum: Int32 = 0
      for column in (group * groupSize)..<((group + 1) * groupSize) {
        let (step, member) = column.quotientAndRemainder(dividingBy: unit)
        let weight = weights[step * Self.blockRows * unit + member]
        sum += Int32(weight) * Int32(codes[step * width * unit + member])
      }
      let index = (block * groups + group) * Self.blockRows + place
      total += scales[index] * Float(sum - x.zeroPoints[token] * sums[index])
    }
    return total
  }
}
