import CKernels
import Glibc

/// The function between the two matrices of a feed-forward layer; raw values are the names that
/// `config.json` uses.
package enum ActivationFunction: String, CaseIterable, Sendable {
  /// x · Φ(x), exactly: x/2 · (1 + erf(x/√2)) (Hendrycks and Gimpel 2016).
  case gelu
  /// Its approximation x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))).
  case geluTanh = "gelu_new"
  /// Its approximation x · σ(1.702 x).
  case geluSigmoid = "quick_gelu"
  case relu
  /// x · σ(x).
  case silu
  case tanh
  case sigmoid

  /// The function under any of the names that it goes by in configurations, or nil.
  package init?(configured name: String) {
    switch name {
    case "gelu_python", "gelu_erf": self = .gelu
    case "gelu_fast", "gelu_pytorch_tanh", "gelu_accurate", "gelu_approx": self = .geluTanh
    case "swish": self = .silu
    default: self.init(rawValue: name)
    }
  }

  /// Replaces x by the function of it, for every lane of some features and panels.
  package func apply(_ x: Activations, features: Range<Int>, panels: Range<Int>) {
    apply(x, features: features, panels: panels, using: .available)
  }

  func apply(
    _ x: Activations, features: Range<Int>, panels: Range<Int>, using instructions: Instructions
  ) {
    guard instructions == .avx2 else {
      return applyPlainly(x, features: features, panels: panels)
    }
    let x = x.dropping(features: features.lowerBound)
    for panel in panels { kernel(x.panel(panel), features.count * Activations.panelWidth) }
  }

  /// The vector twin.
  private var kernel: @convention(c) (UnsafeMutablePointer<Float>?, Int) -> Void {
    switch self {
    case .gelu: pare_gelu
    case .geluTanh: pare_gelu_tanh
    case .geluSigmoid: pare_gelu_sigmoid
    case .relu: pare_relu
    case .silu: pare_silu
    case .tanh: pare_tanh
    case .sigmoid: pare_sigmoid
    }
  }

  /// The same without vectors.
  func applyPlainly(_ x: Activations, features: Range<Int>, panels: Range<Int>) {
    let width = Activations.panelWidth
    for panel in panels {
      let row = x.panel(panel)
      for index in (features.lowerBound * width)..<(features.upperBound * width) {
        row[index] = value(row[index])
      }
    }
  }

  /// The function of one number.
  func value(_ x: Float) -> Float {
    switch self {
    case .gelu: x / 2 * (1 + erff(x * 0.707_106_77))
    case .geluTanh:
      x / 2 * (1 + tanhf(0.797_884_56 * (x + 0.044715 * x * x * x)))
    case .geluSigmoid: x / (1 + expf(-1.702 * x))
    case .relu: max(x, 0)
    case .silu: x / (1 + expf(-x))
    case .tanh: tanhf(x)
    case .sigmoid: 1 / (1 + expf(-x))
    }
  }
}
