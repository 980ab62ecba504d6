/// A pass that can be called again and again while a model is trained, stronger each time.
public protocol GrowingPass: Pass {
  /// The arguments that go a share of the way from what a checkpoint was to what is asked for in the end.
  ///
  /// - Parameters:
  ///   - whole: what is asked for in the end; what a share of 1 gives.
  ///   - share: from 0 to 1.
  ///   - origin: the checkpoint before the pass was called for the first time.
  /// - Returns: nil where so small a share changes nothing.
  /// - Throws: ``Failure`` of usage if the arguments cannot be reached in steps.
  static func arguments(
    _ whole: PassArguments, at share: Double, from origin: Checkpoint
  ) throws -> PassArguments?

  /// The share of the way that a strength is, in the unit of the option that says how strong the pass is.
  ///
  /// - Throws: ``Failure`` of usage where several options say it.
  static func share(of strength: Double, in whole: PassArguments) throws -> Double
}

/// A pass that can tell beforehand which rows, columns and layers stay, so that what belongs to the weights, as an optimizer's moments do,
/// can be cut in the same way.
public protocol CuttingPass: Pass {
  /// What is taken out of a checkpoint; nil where the pass does something else to it.
  ///
  /// - Throws: ``Failure`` as ``Pass/apply(to:in:)`` does.
  func cut(of checkpoint: Checkpoint, in context: PassContext) throws -> (any Cut)?
}

/// Rows, columns and layers that stay, chosen once.
public protocol Cut: Sendable {
  /// Takes the others out of a checkpoint of the same structure, whatever its values mean.
  func apply(to checkpoint: Checkpoint) throws -> Checkpoint
}
