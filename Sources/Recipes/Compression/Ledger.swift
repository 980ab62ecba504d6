import Checkpoints

/// What each step of a recipe did.
public struct LedgerEntry: Sendable, Equatable {
  /// The step as it stands in a recipe.
  public var step: String
  public var parametersBefore: Int
  public var parametersAfter: Int
  /// Of the tensors that hold the model, before any entropy coding.
  public var bytesBefore: Int
  public var bytesAfter: Int
  /// What the step took before the writing; what it makes of a parameter is worked out while that is written.
  public var seconds: Double
}

extension Checkpoint {
  /// What the model's tensors take before any entropy coding, buffers and second copies not counted.
  var storageByteCount: Int {
    parameters.reduce(0) { $0 + $1.storage.byteCount }
      + unmapped.reduce(0) { $0 + $1.byteCount }
  }
}
