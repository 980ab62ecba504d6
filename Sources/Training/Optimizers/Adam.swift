/// Adam (Kingma and Ba, 2015); weight decay, where there is one, is added to the gradient, as PyTorch's has it.
package struct Adam: UpdateRule {
  package var beta1 = 0.9
  package var beta2 = 0.999
  package var epsilon = 1e-8
  package var decay = 0.0
  package var correctsBias = true

  package init() {}

  package var momentCount: Int { 2 }

  package func update(_ settings: StepSettings) -> any WeightUpdate {
    AdamUpdate(
      constants: AdamConstants(beta1, beta2, epsilon, correctsBias, settings),
      factor: 1, added: settings.decays ? Float(decay) : 0)
  }

  package func idleFactor(_ settings: StepSettings) -> Float? {
    settings.decays && decay != 0 ? nil : 1
  }

  package func leastSquare(afterSteps steps: Int) -> Double {
    leastMeanSquare(beta1, beta2, correctsBias, steps)
  }
}
