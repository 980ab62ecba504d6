/// Stochastic gradient descent with momentum, as PyTorch has it:
///
///     g ← g + decay · p,  b ← momentum · b + g,  p ← p − rate · b
package struct SGD: UpdateRule {
  package var momentum = 0.9
  package var decay = 0.0

  package init() {}

  package var momentCount: Int { momentum == 0 ? 0 : 1 }

  package func update(_ settings: StepSettings) -> any WeightUpdate {
    MomentumUpdate(
      scale: settings.gradientScale, added: settings.decays ? Float(decay) : 0,
      momentum: Float(momentum), rate: Float(-settings.rate), keepsMoment: momentCount > 0)
  }

  package func idleFactor(_ settings: StepSettings) -> Float? {
    settings.decays && decay != 0 ? nil : 1
  }
}

private struct MomentumUpdate: WeightUpdate {
  let scale: Float
  let added: Float
  let momentum: Float
  let rate: Float
  let keepsMoment: Bool

  func apply(to run: WeightRun) {
    let (values, gradient, moment) = (run.values, run.gradient, run.first)
    guard keepsMoment else {
      for index in 0..<run.count {
        values[index] += rate * (gradient[index] * scale + added * values[index])
      }
      return
    }
    for index in 0..<run.count {
      let slope = gradient[index] * scale + added * values[index]
      let mean = moment[index] * momentum + slope
      moment[index] = mean
      values[index] += rate * mean
    }
  }
}
