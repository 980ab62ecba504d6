/// A pass that rounds weights to a few numbers in a way that training can foresee (quantization-aware training).
public protocol RoundingPass: Pass {
  /// How the matrices that the pass would round are going to be rounded.
  ///
  /// - Throws: ``Failure`` of usage where numbers are chosen in another way than by symmetric steps of a matrix or a row.
  func rounding(of checkpoint: Checkpoint) throws -> Rounding
}

/// Symmetric steps: x ≈ scale · code, codes from −2^(bits − 1) to 2^(bits − 1) − 1, and scale = largest magnitude / (2^bits − 1) · 2, as
/// compressed-tensors has it.
public struct Rounding: Sendable, Equatable {
  public var bits: Int
  /// Whether each row of a matrix has a scale of its own.
  public var isPerRow: Bool
  /// The parameters that are rounded; of products, both factors.
  public var roles: Set<Role>

  public init(bits: Int, isPerRow: Bool, roles: Set<Role>) {
    (self.bits, self.isPerRow, self.roles) = (bits, isPerRow, roles)
  }
}
