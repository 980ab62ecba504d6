import Glibc

/// Adam with decoupled weight decay (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019).
///
///     p ← p · (1 − rate · decay)
///     m ← m + (1 − β₁)(g − m),  v ← β₂ · v + (1 − β₂) g²
///     p ← p − rate / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)
///
/// in single precision and in PyTorch's order; factors are worked out in double precision first.
package struct AdamW: UpdateRule {
  package var beta1 = 0.9
  package var beta2 = 0.999
  package var epsilon = 1e-8
  package var decay = 0.01
  /// Without it the first steps are as short as in BERT's published optimizer.
  package var correctsBias = true

  package init() {}

  package var momentCount: Int { 2 }

  package func update(_ settings: StepSettings) -> any WeightUpdate {
    AdamUpdate(
      constants: AdamConstants(beta1, beta2, epsilon, correctsBias, settings),
      factor: factor(settings), added: 0)
  }

  package func idleFactor(_ settings: StepSettings) -> Float? { factor(settings) }

  package func leastSquare(afterSteps steps: Int) -> Double {
    leastMeanSquare(beta1, beta2, correctsBias, steps)
  }

  private func factor(_ settings: StepSettings) -> Float {
    settings.decays ? Float(1 - settings.rate * decay) : 1
  }
}

/// (1 − β₂ᵗ) / (1 − β₁ᵗ)², where the moments begin at zero.
func leastMeanSquare(_ beta1: Double, _ beta2: Double, _ correctsBias: Bool, _ steps: Int) -> Double
{
  guard correctsBias, steps > 0 else { return 1 }
  let mean = 1 - pow(beta1, Double(steps))
  return (1 - pow(beta2, Double(steps))) / (mean * mean)
}

/// The numbers of one of Adam's steps.
struct AdamConstants {
  let scale: Float
  /// 1 − β₁
  let weight1: Float
  let beta2: Float
  /// 1 − β₂
  let weight2: Float
  /// √(1 − β₂ᵗ)
  let correction2: Float
  let epsilon: Float
  /// −rate / (1 − β₁ᵗ)
  let stepSize: Float

  init(
    _ beta1: Double, _ beta2: Double, _ epsilon: Double, _ correctsBias: Bool,
    _ settings: StepSettings
  ) {
    let step = Double(settings.step)
    scale = settings.gradientScale
    weight1 = Float(1 - beta1)
    self.beta2 = Float(beta2)
    weight2 = Float(1 - beta2)
    correction2 = correctsBias ? Float((1 - pow(beta2, step)).squareRoot()) : 1
    self.epsilon = Float(epsilon)
    stepSize = Float(-(settings.rate / (correctsBias ? 1 - pow(beta1, step) : 1)))
  }
}

/// A step of Adam's, with weight decay apart from the gradient or added to it.
struct AdamUpdate: WeightUpdate {
  let constants: AdamConstants
  /// What the weights are multiplied by first.
  let factor: Float
  /// How much of the weights is added to the gradient.
  let added: Float

  func apply(to run: WeightRun) {
    let whole = run.count / 4 * 4
    for start in stride(from: 0, to: whole, by: 4) { step4(run, start) }
    for index in whole..<run.count { step(run, index) }
  }

  /// The same for four weights: half the time of one by one.
  @inline(__always)
  private func step4(_ run: WeightRun, _ start: Int) {
    let c = constants
    let values = UnsafeMutableRawPointer(run.values + start)
    let first = UnsafeMutableRawPointer(run.first + start)
    let second = UnsafeMutableRawPointer(run.second + start)
    let gradient = UnsafeRawPointer(run.gradient + start)
    let value = values.loadUnaligned(as: SIMD4<Float>.self)
    let mean = first.loadUnaligned(as: SIMD4<Float>.self)
    let square = second.loadUnaligned(as: SIMD4<Float>.self)
    let slope = gradient.loadUnaligned(as: SIMD4<Float>.self) * c.scale + added * value
    let newMean = mean + c.weight1 * (slope - mean)
    let newSquare = square * c.beta2 + c.weight2 * slope * slope
    let spread = newSquare.squareRoot() / c.correction2 + c.epsilon
    first.storeBytes(of: newMean, as: SIMD4<Float>.self)
    second.storeBytes(of: newSquare, as: SIMD4<Float>.self)
    values.storeBytes(
      of: value * factor + c.stepSize * newMean / spread, as: SIMD4<Float>.self)
  }

  @inline(__always)
  private func step(_ run: WeightRun, _ index: Int) {
    let c = constants
    let (value, mean) = (run.values[index], run.first[index])
    let slope = run.gradient[index] * c.scale + added * value
    let newMean = mean + c.weight1 * (slope - mean)
    let newSquare = run.second[index] * c.beta2 + c.weight2 * slope * slope
    let spread = newSquare.squareRoot() / c.correction2 + c.epsilon
    run.first[index] = newMean
    run.second[index] = newSquare
    run.values[index] = value * factor + c.stepSize * newMean / spread
  }
}
