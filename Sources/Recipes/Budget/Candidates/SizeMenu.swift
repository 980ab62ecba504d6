import Checkpoints
import Glibc
import Passes
import Tensors

/// The ways to hold each matrix by which a file becomes small.
struct SizeMenu: TreatmentMenu {
  let statistics: Statistics
  let path: String
  let methods: Set<BudgetMethod>
  /// Steps of entropy-coded codes, in root mean squares of a row.
  let steps: [Double]
  /// Steps. Losses of finer ones, of one matrix alone, are so small that chance has a part in them: where nothing beyond 2.4 was measured, files of a bit a
  /// weight lost half as much again.
  let measuredStrengths = [4.1, 1.7, 0.6]

  /// Powers of how rare a word is by which its row's step grows, halved.
  private static let powers = [0.0, 0.65, 1]

  /// - Parameter bits: bits of a weight that files should have at about the middle.
  static func steps(around bits: ClosedRange<Double>) -> [Double] {
    // An entropy of H bits takes a step of about 2^(2.05 − H) root mean squares of Gaussian numbers.
    let finest = max(0.012, pow(2, 2.05 - min(8, bits.upperBound + 2)))
    let coarsest = min(2.9, pow(2, 2.05 - max(0.8, bits.lowerBound - 1.2)))
    var steps = [6.0, 4.1]
    var step = coarsest
    while step > finest / 1.19 {
      steps.append(Treatment.rounded(step))
      step /= 2.0.squareRoot()
    }
    return steps
  }

  func all(of parameter: Parameter) throws -> [Treatment] {
    var all = [Treatment(.keep, 0, [])]
    if let width = parameter.elementType.byteWidth, width > 2 {
      all.append(
        Treatment(.half, 1, [.init("cast", [("dtype", "F16")])]))
    }
    if parameter.role == Role(.embedding(.word), .weight) {
      all += try words(parameter)
    } else if statistics.hasGram(parameter.role) {
      all += linears(parameter)
    } else {
      all += steps.map {
        Treatment(
          .steps, $0, step: $0, [.init("quantize", [("method", "step"), ("step", "\($0)")])])
      }
    }
    return all
  }

  /// - Parameter isBalanced: whether steps of rows go by how far scores move with what the row gives.
  private func stepped(_ step: Double, isBalanced: Bool) -> Treatment.PassCall {
    let balance = isBalanced ? [("sensitivity-power", "0.5")] : []
    return .init(
      "quantize", [("method", "gptq"), ("step", "\(step)")] + balance + compensated)
  }

  private func linears(_ parameter: Parameter) -> [Treatment] {
    let isBalanced = statistics.hasSensitivity(parameter.role)
    func stepped(_ step: Double) -> Treatment.PassCall {
      self.stepped(step, isBalanced: isBalanced)
    }
    var all = steps.map { Treatment(.steps, $0, step: $0, [stepped($0)]) }
    for bits in [8, 4, 3] {
      all.append(
        Treatment(
          .uniform, 8 / Double(bits),
          [.init("quantize", [("method", "gptq"), ("bits", "\(bits)")] + compensated)]))
    }
    for (sparsity, step) in [(0.5, 0.5), (0.5, 1), (0.75, 0.7), (0.75, 1.4)] {
      let prune = Treatment.PassCall(
        "prune", [("method", "sparsegpt"), ("sparsity", "\(sparsity)")] + compensated)
      all.append(
        Treatment(.pruned, sparsity * 8 + step, step: step, [prune, stepped(step)]))
    }
    if parameter.shape[0] % 4 == 0 {
      let prune = Treatment.PassCall(
        "prune",
        [("method", "sparsegpt"), ("sparsity", "0.5"), ("pattern", "4x1")] + compensated)
      all.append(Treatment(.patterned, 0.7, step: 0.7, [prune, stepped(0.7)]))
    }
    for (ratio, step) in [(0.75, 0.5), (0.5, 0.35), (0.25, 0.25)] {
      all.append(factorized(ratio, step, measured + [("repair", "bias")]))
    }
    all.append(factorized(0.2, 0.35, measured + [("repair", "bias"), ("residual", "0.1")]))
    return all
  }

  private func factorized(
    _ ratio: Double, _ step: Double, _ options: [(String, String)]
  ) -> Treatment {
    let svd = Treatment.PassCall("factorize", [("ratio", "\(ratio)")] + options)
    let round = Treatment.PassCall("quantize", [("method", "step"), ("step", "\(step)")])
    return Treatment(.factorized, 1 / ratio + step, step: step, [svd, round])
  }

  private func words(_ parameter: Parameter) throws -> [Treatment] {
    let counts = try statistics.tokenFrequencies(count: parameter.shape[0])
    var all: [Treatment] = []
    for power in Self.powers where power == 0 || counts != nil {
      // The step that gives about as many bits as without.
      let scale = counts.map { Self.geometricMean(rarity(of: $0, power: power / 2)) } ?? 1
      for step in steps {
        let own = Treatment.rounded(min(16, max(0.01, step / scale)))
        var options = [("method", "step"), ("step", "\(own)"), ("dead-zone", "0.1")]
        if power > 0 { options += [("frequency-power", "\(power)")] + measured }
        all.append(Treatment(.steps, step, step: own, [.init("quantize", options)]))
        if power > 0 { all.append(rotated(parameter, step, options)) }
      }
    }
    for bits in [8, 4] {
      all.append(
        Treatment(.uniform, 8 / Double(bits), [.init("quantize", [("bits", "\(bits)")])]))
    }
    if parameter.shape[1] % 4 == 0 {
      all.append(
        Treatment(
          .product, 1, [.init("quantize", [("method", "product"), ("subvector", "4")])]))
    }
    return all + [factorized(0.5, 0.35, []), factorized(0.25, 0.25, [])]
  }

  /// Turned into the directions along which words differ most in what scores go by, which takes fewer bits at the same step (transform coding: Huang and
  /// Schultheiss, "Block quantization of correlated Gaussian random variables", 1963).
  private func rotated(
    _ parameter: Parameter, _ step: Double, _ options: [(String, String)]
  ) -> Treatment {
    let rank = min(parameter.shape[0], parameter.shape[1])
    let isWeighted = statistics.hasSensitivity(parameter.role)
    let turn = Treatment.PassCall(
      "factorize",
      [("rank", "\(rank)"), ("balance", "left")]
        + (isWeighted ? measured + [("weighting", "sensitivity")] : []))
    let own = options.first { $0.0 == "step" }.flatMap { Double($0.1) }
    return Treatment(
      .rotated, step, step: own,
      [turn, .init("quantize", options + [("right-step", "\(Self.rightStep(for: step))")])])
  }

  /// What a step of the factor is that all words share: so fine that its errors hardly show beside those of words that occur often, whose
  /// own steps are the finest.
  private static func rightStep(for step: Double) -> Double {
    Treatment.rounded(min(0.3, max(0.02, 0.08 * step)))
  }

  private static func geometricMean(_ values: [Float]) -> Double {
    exp(values.reduce(0) { $0 + log(Double($1)) } / Double(max(1, values.count)))
  }
}
