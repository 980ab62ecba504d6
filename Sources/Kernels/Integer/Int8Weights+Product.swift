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
    let width = Activations.panelWidth
    let last = min(rowBlocks.upperBound * Self.blockRows, rows)
    for row in (rowBlocks.lowerBound * Self.blockRows)..<last {
      for token in 0..<tokens {
        let output = y.panel(token / width) + row * width + token % width
        let product = x.scales[token] * sum(row, x, token: token)
        output.pointee = (adding ? output.pointee : 0) + (bias?[row] ?? 0) + product
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
