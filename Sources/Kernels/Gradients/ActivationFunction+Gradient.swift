import CKernels
import Glibc

extension ActivationFunction {
  /// y = f(x), number by number.
  package func values(of x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int) {
    values(of: x, into: y, count: count, using: .available)
  }

  func values(
    of x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int,
    using instructions: Instructions
  ) {
    switch (instructions, self) {
    case (.avx2, .gelu): pare_gelu_of(x, y, count)
    case (.avx2, .geluTanh): pare_gelu_tanh_of(x, y, count)
    default: for index in 0..<count { y[index] = value(x[index]) }
    }
  }

  /// dx = dy · f′(x), number by number, in the place of dy.
  package func multiplyBySlope(
    at x: UnsafePointer<Float>, _ dy: UnsafeMutablePointer<Float>, count: Int
  ) {
    multiplyBySlope(at: x, dy, count: count, using: .available)
  }

  func multiplyBySlope(
    at x: UnsafePointer<Float>, _ dy: UnsafeMutablePointer<Float>, count: Int,
    using instructions: Instructions
  ) {
    switch (instructions, self) {
    case (.avx2, .gelu): pare_gelu_gradient(x, dy, count)
    case (.avx2, .geluTanh): pare_gelu_tanh_gradient(x, dy, count)
    default: for index in 0..<count { dy[index] *= slope(x[index]) }
    }
  }

  /// The derivative at one number; of ReLU at 0 it is 0, as in PyTorch.
  func slope(_ x: Float) -> Float {
    switch self {
    case .gelu:
      return (1 + erff(x * 0.707_106_77)) / 2 + x * expf(-x * x / 2) * 0.398_942_28
    case .geluTanh:
      let t = tanhf(0.797_884_56 * (x + 0.044715 * x * x * x))
      return (1 + t) / 2 + x / 2 * (1 - t * t) * 0.797_884_56 * (1 + 0.134145 * x * x)
    case .geluSigmoid:
      let s = 1 / (1 + expf(-1.702 * x))
      return s + 1.702 * x * s * (1 - s)
    case .relu: return x > 0 ? 1 : 0
    case .silu:
      let s = 1 / (1 + expf(-x))
      return s + x * s * (1 - s)
    case .tanh:
      let t = tanhf(x)
      return 1 - t * t
    case .sigmoid:
      let s = 1 / (1 + expf(-x))
      return s * (1 - s)
    }
  }
}
