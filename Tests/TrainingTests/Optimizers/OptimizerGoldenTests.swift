import Checkpoints
import Documents
import TestSupport
import Testing

@testable import Training

/// Optimizers against PyTorch's, with a table of which few rows have a gradient.
@Suite struct OptimizerGoldenTests {
  private static let cases = try! JSON.read(Places.sample("training/optimizers.json")).array!

  @Test(arguments: cases.indices, [GradientForm.dense, .rows])
  func followsPyTorch(index: Int, form: GradientForm) throws {
    let golden = Self.cases[index]
    let parameters = try start(golden, form)
    let optimizer = try Optimizer(
      try rule(golden["optimizer"]!.string!), for: parameters, threads: 2)
    let accumulated = golden["accumulated"]!.integer!
    let clipping = golden["clip"]?.number.map(Clipping.global) ?? .none
    for step in golden["steps"]!.array! {
      for (number, parameter) in parameters.enumerated() {
        let all = step["gradients"]!.array!.map { floats($0.array![number]) }
        setSum(all, of: parameter)
      }
      let norm = try optimizer.step(
        rate: step["rate"]!.number!, scale: 1 / Double(accumulated), clipping: clipping)
      #expect(abs(norm - step["norm"]!.number!) < 1e-6 * norm)
      guard let values = step["values"]?.array else { continue }
      try optimizer.flush()
      for (parameter, value) in zip(parameters, values) {
        // Two units in the last place of a weight of 1, as PyTorch's kernels round products and sums together.
        let error = zip(parameter.numbers, floats(value)).map { abs($0 - $1) }.max()!
        #expect(error <= 2.4e-7 * (accumulated == 1 ? 1 : 4), "\(parameter.id)")
      }
    }
  }

  private func rule(_ name: String) throws -> any UpdateRule {
    switch name {
    case "adamw": return AdamW()
    case "adamw-strong":
      var rule = AdamW()
      (rule.beta1, rule.beta2, rule.epsilon, rule.decay) = (0.8, 0.95, 1e-6, 0.3)
      return rule
    case "adam": return Adam()
    case "adam-decay":
      var rule = Adam()
      rule.decay = 0.1
      return rule
    case "sgd":
      var rule = SGD()
      rule.momentum = 0
      return rule
    default:
      var rule = SGD()
      rule.decay = 0.05
      return rule
    }
  }

  private func start(_ golden: JSON, _ form: GradientForm) throws -> [TrainableParameter] {
    let values = golden["start"]!.array!.map(floats)
    let parameters = [
      try parameter(.embedding(.word), rows: 6, columns: 5, form: form, seed: 0),
      try parameter(.layer(0, .query), rows: 3, columns: 4, seed: 0),
      try parameter(.layer(0, .query), rows: 1, columns: 4, seed: 0, kind: .bias),
    ]
    for (parameter, values) in zip(parameters, values) {
      for (index, value) in values.enumerated() { parameter.values.start[index] = value }
    }
    return parameters
  }

  /// Adds gradients up; of a table only the rows that are not zero are told.
  private func setSum(_ gradients: [[Float]], of parameter: TrainableParameter) {
    var sum = gradients[0]
    for gradient in gradients.dropFirst() { for (i, g) in gradient.enumerated() { sum[i] += g } }
    let rows = (0..<parameter.rows).map { row in
      (row, Array(sum[(row * parameter.columns)..<((row + 1) * parameter.columns)]))
    }
    parameter.setGradient(
      Dictionary(uniqueKeysWithValues: rows.filter { $0.1.contains { $0 != 0 } }))
  }
}

func floats(_ value: JSON) -> [Float] { value.array!.map { Float($0.number!) } }
