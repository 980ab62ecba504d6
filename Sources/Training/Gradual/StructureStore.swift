import Checkpoints

/// Keeps the model of a run whose structure has changed, so that the run can be taken up: what lies in a run's state are numbers only.
package protocol StructureStore {
  /// - Throws: ``Failure`` if it cannot be written.
  func keep(_ checkpoint: Checkpoint, at path: String) throws
  /// - Throws: ``Failure`` if it cannot be read.
  func open(_ path: String) throws -> Checkpoint
}
