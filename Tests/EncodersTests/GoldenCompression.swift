import Checkpoints
import Recipes
import Tensors
import TestSupport

/// A model with matrices in compressed storage, and what PyTorch computes with the dense matrices
/// that they stand for: `samples/encoders/golden/compressed--VARIANT.safetensors`.
struct GoldenCompression {
  let checkpoint: Checkpoint
  /// In the order of their lengths, hidden states included.
  let sequences: [GoldenSequence]

  static let variants = [
    "factorized", "sparse", "sparse-blocks", "int8-rows", "int8-groups", "int8-zeros",
    "int8-groups-zeros", "factorized-sparse", "sparse-int8", "factorized-plus-sparse",
  ]

  init(_ variant: String) throws {
    let tensors = try GoldenTensors("encoders/golden/compressed--\(variant).safetensors")
    let base = Places.sample("encoders/bert/sequence-classification")
    var checkpoint = try Model.open(base).checkpoint
    for index in checkpoint.parameters.indices {
      let name = checkpoint.parameters[index].name
      guard let storage = tensors.storage(name) else { continue }
      checkpoint.parameters[index].storage = storage
    }
    self.checkpoint = checkpoint
    sequences = try tensors.lengths.map { try GoldenSequence(tensors, prefix: "s\($0).") }
  }
}

extension GoldenTensors {
  /// The storage whose parts stand under a name; nil where there are none.
  func storage(_ name: String) -> Storage? {
    if let dense = self[name] { return .dense(dense) }
    guard byName.keys.contains(where: { $0.hasPrefix("\(name).") }) else { return nil }
    if let left = storage("\(name).left"), let right = storage("\(name).right") {
      return .factorized(left: left, right: right)
    }
    if let first = storage("\(name).first"), let second = storage("\(name).second") {
      return .sum(first, second)
    }
    if let kept = self["\(name).mask"], let values = storage("\(name).values") {
      return .sparse(mask: Mask(kept: kept, denseShape: kept.shape), values: values)
    }
    if let kept = self["\(name).block-mask"], let values = storage("\(name).values") {
      let dense = Shape([kept.shape[0] * 4, kept.shape[1]])
      return .sparse(mask: Mask(kept: kept, denseShape: dense, block: [4, 1]), values: values)
    }
    if let codes = self["\(name).codes"], let scales = self["\(name).scales"] {
      return .quantized(codes: codes, scheme: scheme(codes, scales, zeros: self["\(name).zeros"]))
    }
    return nil
  }

  /// Scales are `[rows, groups]`; codes are a matrix, or a list of a mask's survivors.
  private func scheme(_ codes: Tensor, _ scales: Tensor, zeros: Tensor?) -> QuantizationScheme {
    let groups = scales.shape[1]
    return .uniform(
      bits: 8, granularity: groups == 1 ? .axis(0) : .group(codes.shape[1] / groups),
      scales: scales, zeroPoints: zeros, groupIndex: nil)
  }
}
