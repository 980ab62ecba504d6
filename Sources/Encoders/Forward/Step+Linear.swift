import Kernels
import Tensors

/// What a linear map reads: activations, and the same quantized where some map reads integers.
struct LinearInput {
  let x: Activations
  let quantized: QuantizedActivations?
}

/// Where the intermediate products of factorized maps go, from a step's first panel.
struct LinearScratch {
  let inner: Activations
  let quantized: UnsafeMutableRawBufferPointer

  /// What is left beside an inner product of some features.
  func beyond(_ features: Int) -> LinearScratch {
    LinearScratch(inner: inner.dropping(features: features), quantized: quantized)
  }
}

extension Step {
  /// Makes the input of linear maps ready; the activations begin with the step's first panel.
  ///
  /// - Parameter buffer: has room for the features of the step's panels, quantized.
  func input(
    _ x: Activations, features: Int, for linears: [Linear], buffer: UnsafeMutableRawBufferPointer
  ) -> LinearInput {
    input(
      x, features: features, quantizing: linears.contains { $0.weights.readsIntegers },
      buffer: buffer)
  }

  private func input(
    _ x: Activations, features: Int, quantizing: Bool, buffer: UnsafeMutableRawBufferPointer
  ) -> LinearInput {
    guard quantizing else { return LinearInput(x: x, quantized: nil) }
    let quantized = QuantizedActivations(buffer: buffer, features: features, panels: panels.count)
    quantized.quantize(x, tokens: tokens, panels: columns)
    meet()
    return LinearInput(x: x, quantized: quantized)
  }

  /// y = W · x + b for the panels of the step, with which `y` begins. Members that share panels have
  /// not met afterwards.
  func apply(_ linear: Linear, to input: LinearInput, into y: Activations, _ scratch: LinearScratch)
  {
    let target = Target(y: y, bias: linear.bias?.base, adds: false)
    multiply(linear.weights, by: input, into: target, scratch)
  }

  /// y = W · x, or y += W · x, without a bias and not in integers.
  func multiply(
    _ weights: LinearWeights, by x: Activations, into y: Activations, adding: Bool,
    _ scratch: LinearScratch
  ) {
    let target = Target(y: y, bias: nil, adds: adding)
    multiply(weights, by: LinearInput(x: x, quantized: nil), into: target, scratch)
  }

  private struct Target {
    let y: Activations
    let bias: UnsafePointer<Float>?
    let adds: Bool
  }

  private func multiply(
    _ weights: LinearWeights, by input: LinearInput, into target: Target, _ scratch: LinearScratch
  ) {
    switch weights {
    case .dense(let matrix):
      member.attempt {
        try matrix.multiply(
          input.x, tokens: tokens, into: target.y, rowBlocks: rows(matrix.rowBlocks),
          bias: target.bias, adding: target.adds)
      }
    case .rows(let matrix):
      member.attempt {
        try matrix.multiply(
          input.x, tokens: tokens, into: target.y, rowBlocks: rows(matrix.rowBlocks),
          bias: target.bias, adding: target.adds)
      }
    case .blocks(let matrix):
      member.attempt {
        try matrix.multiply(
          input.x, tokens: tokens, into: target.y, rowBlocks: rows(matrix.rowBlocks),
          bias: target.bias, adding: target.adds)
      }
    case .integers(let matrix):
      guard let quantized = input.quantized else { return }
      matrix.multiply(
        quantized, tokens: tokens, into: target.y, rowBlocks: rows(matrix.rowBlocks),
        bias: target.bias, adding: target.adds)
    case .factorized(let left, let right, let rank):
      let inner = Target(y: scratch.inner, bias: nil, adds: false)
      multiply(right, by: input, into: inner, scratch.beyond(rank))
      meet()
      let second = self.input(
        scratch.inner, features: rank, quantizing: left.readsIntegers, buffer: scratch.quantized)
      multiply(left, by: second, into: target, scratch.beyond(rank))
    case .sum(let first, let second):
      multiply(first, by: input, into: target, scratch)
      // The second may divide its rows among the members in another way, and takes over the scratch.
      meet()
      multiply(second, by: input, into: Target(y: target.y, bias: nil, adds: true), scratch)
    }
  }
}
