import Tensors

/// A rewrite of a checkpoint: lazily, parameter by parameter, as the writer pulls.
public protocol Pass: Sendable {
  /// The name in recipes and in errors.
  var name: String { get }

  /// The rewritten checkpoint; no tensor data is read here.
  func apply(to checkpoint: Checkpoint) throws -> Checkpoint
}
