/// How an optimizer turns a gradient into a change of weights: its formula, and what it remembers for each weight.
package protocol UpdateRule: Sendable {
  /// How many numbers it keeps for each weight.
  var momentCount: Int { get }

  /// What one step does to all weights of a parameter.
  func update(_ settings: StepSettings) -> any WeightUpdate

  /// By what a step multiplies weights that never had a gradient; nil where it does more to them than that.
  func idleFactor(_ settings: StepSettings) -> Float?

  /// The least that the second moment can be after some steps, as a share of the first one's square; a mean of squares is no less than the
  /// square of the mean.
  func leastSquare(afterSteps steps: Int) -> Double
}

extension UpdateRule {
  package func leastSquare(afterSteps steps: Int) -> Double { 0 }
}

/// What a step's formula needs to know beside the weights and their gradient.
package struct StepSettings: Sendable {
  /// The learning rate.
  package var rate: Double
  /// Which step of the parameter this is, counted from one.
  package var step: Int
  /// Whether weight decay is for the parameter.
  package var decays: Bool
  /// What the gradient is multiplied by: of accumulation and clipping.
  package var gradientScale: Float

  package init(rate: Double, step: Int, decays: Bool = true, gradientScale: Float = 1) {
    self.rate = rate
    self.step = step
    self.decays = decays
    self.gradientScale = gradientScale
  }
}

/// The formula of one step with its numbers filled in.
package protocol WeightUpdate: Sendable {
  func apply(to weights: WeightRun)
}

/// Weights that lie side by side, with their gradient and moments.
package struct WeightRun {
  var values: UnsafeMutablePointer<Float>
  var gradient: UnsafePointer<Float>
  /// As many as the rule keeps; the others are the first again.
  var first: UnsafeMutablePointer<Float>
  var second: UnsafeMutablePointer<Float>
  var count: Int
}
