import CKernels

/// Layer normalization over the features of each token, with the biased variance (Ba et al. 2016).
package enum LayerNorm {
  /// x = gain · (z − mean z) / √(variance z + ε) + bias with z = x + residual, in place, for every lane of
  /// some panels.
  package static func run(
    _ x: Activations, adding residual: Activations?, gain: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, epsilon: Float, features: Int, panels: Range<Int>
  ) {
    run(
      x, adding: residual, gain: gain, bias: bias, epsilon: epsilon, features: features,
      panels: panels, using: .available)
  }

  static func run(
    _ x: Activations, adding residual: Activations?, gain: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, epsilon: Float, features: Int, panels: Range<Int>,
    using instructions: Instructions
  ) {
    switch instructions {
    case .baseline:
      runPlainly(
        x, adding: residual, gain: gain, bias: bias, epsilon: epsilon, features: features,
        panels: panels)
    case .avx2:
      for panel in panels {
        pare_layer_norm(x.panel(panel), residual?.panel(panel), gain, bias, epsilon, features)
      }
    }
  }

  /// The normalization without vectors.
  static func runPlainly(
    _ x: Activations, adding residual: Activations?, gain: UnsafePointer<Float>,
    bias: UnsafePointer<Float>, epsilon: Float, features: Int, panels: Range<Int>
  ) {
    let width = Activations.panelWidth
    for token in (panels.lowerBound * width)..<(panels.upperBound * width) {
      var sum: Float = 0
      for feature in 0..<features {
        if let residual { x[token, feature] += residual[token, feature] }
        sum += x[token, feature]
      }
      let mean = sum / Float(features)
      var squares: Float = 0
      for feature in 0..<features {
        let difference = x[token, feature] - mean
        squares += difference * difference
      }
      let inverse = 1 / (squares / Float(features) + epsilon).squareRoot()
      for feature in 0..<features {
        x[token, feature] = (x[token, feature] - mean) * inverse * gain[feature] + bias[feature]
      }
    }
  }
}
