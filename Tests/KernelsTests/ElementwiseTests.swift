import Foundation
import TestSupport
import Testing

@testable import Kernels

@Suite struct ElementwiseTests {
  /// Each function against its definition in double precision.
  @Test(arguments: ActivationFunction.allCases, ways)
  func isTheFunction(_ function: ActivationFunction, _ instructions: Instructions) {
    var generator = SeededGenerator(seed: 41)
    let tokens = 16 * 20
    let x = Panels(features: 19, tokens: tokens, in: -12...12, using: &generator)
    let telling: [Float] = [
      0, -0.0, 1e-30, -1e-30, 1e-4, 3.93, -5.56, 8.6, -8.6, 20, -20, 90, -90, 1e4, -1e4, 3e38,
      -3e38, 5.5, -5.5,
    ]
    for (feature, value) in telling.enumerated() { x[0, feature] = value }
    // Small numbers matter as much as large ones.
    for token in 1..<40 { for feature in 0..<19 { x[token, feature] /= pow(10, Float(token % 8)) } }
    let before = Panels(x, tokens: 0..<tokens)
    function.apply(x.view, features: 0..<19, panels: 0..<20, using: instructions)
    for token in 0..<tokens {
      for feature in 0..<19 {
        let input = Double(before[token, feature])
        let error = abs(Double(x[token, feature]) - exact(function, input))
        #expect(error <= room(function, input), "\(function) of \(input)")
      }
    }
  }

  private func exact(_ function: ActivationFunction, _ x: Double) -> Double {
    switch function {
    case .gelu: x / 2 * erfc(-x / 2.0.squareRoot())
    case .geluTanh:
      x / 2 * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .geluSigmoid: x / (1 + exp(-1.702 * x))
    case .relu: max(x, 0)
    case .silu: x / (1 + exp(-x))
    case .tanh: Foundation.tanh(x)
    case .sigmoid: 1 / (1 + exp(-x))
    }
  }

  /// Relative to the result; for what is x times a share, relative to x, as the share is that of 1.
  private func room(_ function: ActivationFunction, _ x: Double) -> Double {
    switch function {
    case .tanh: 5e-7 * abs(exact(function, x))
    case .sigmoid: 1e-6 * exact(function, x) + 2e-38
    default: 4e-7 * min(abs(x), 1e38)
    }
  }

  @Test(arguments: ActivationFunction.allCases, ways)
  func touchesNothingElse(_ function: ActivationFunction, _ instructions: Instructions) {
    let x = Panels(features: 7, tokens: 48)
    for token in 0..<48 { for feature in 2..<5 { x[token, feature] = 1 } }
    function.apply(x.view, features: 2..<5, panels: 1..<3, using: instructions)
    #expect(x.isUntouched(outside: 2..<5))
    #expect(x[0, 2] == 1 && x[15, 4] == 1)
    #expect(x[16, 2] == x[47, 4] && abs(x[16, 2] - function.value(1)) < 1e-6)
  }

  @Test func knowsTheNamesOfConfigurations() {
    for (name, function) in [
      ("gelu", .gelu), ("gelu_new", .geluTanh), ("gelu_pytorch_tanh", .geluTanh),
      ("gelu_fast", .geluTanh), ("quick_gelu", .geluSigmoid), ("relu", .relu), ("swish", .silu),
      ("silu", .silu), ("tanh", .tanh),
    ] as [(String, ActivationFunction)] {
      #expect(ActivationFunction(configured: name) == function)
    }
    #expect(ActivationFunction(configured: "mish") == nil)
  }

  @Test(arguments: [1, 2, 3, 5, 64, 131, 384], ways)
  func normalizesLayers(_ features: Int, _ instructions: Instructions) {
    var generator = SeededGenerator(seed: 42)
    let gain = randomFloats(features, using: &generator)
    let bias = randomFloats(features, using: &generator)
    for (withResidual, offset) in [(true, 0), (false, 0), (false, 100)] as [(Bool, Float)] {
      let x = Panels(
        features: features, tokens: 33, in: (offset - 3)...(offset + 3), using: &generator)
      let residual = Panels(features: features, tokens: 33, using: &generator)
      let before = Panels(x, tokens: 0..<33)
      LayerNorm.run(
        x.view, adding: withResidual ? residual.view : nil, gain: gain, bias: bias,
        epsilon: 1e-12 + (features < 3 ? 1e-5 : 0), features: features, panels: 0..<3,
        using: instructions)
      for token in 0..<33 {
        let z = (0..<features).map {
          Double(before[token, $0]) + (withResidual ? Double(residual[token, $0]) : 0)
        }
        let mean = z.reduce(0, +) / Double(features)
        let variance = z.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(features)
        let deviation = (variance + (features < 3 ? 1e-5 : 1e-12)).squareRoot()
        let size = abs(Double(offset)) + 3
        for feature in 0..<features {
          let expected =
            Double(gain[feature]) * (z[feature] - mean) / deviation + Double(bias[feature])
          let room = 2e-6 * size / deviation + 2e-6
          #expect(abs(Double(x[token, feature]) - expected) < room)
        }
      }
      #expect(x.isUntouched(outside: 0..<features))
    }
  }

  @Test(arguments: ways) func normalizesOnlyItsPanels(_ instructions: Instructions) {
    var generator = SeededGenerator(seed: 43)
    let x = Panels(features: 5, tokens: 48, using: &generator)
    let before = Panels(x, tokens: 0..<48)
    let ones = [Float](repeating: 1, count: 5)
    LayerNorm.run(
      x.view, adding: nil, gain: ones, bias: ones, epsilon: 1e-5, features: 5, panels: 1..<2,
      using: instructions)
    for token in [0, 15, 32, 47] { #expect(x[token, 3] == before[token, 3]) }
    #expect(x[16, 3] != before[16, 3])
  }
}
