import Checkpoints
import Tensors
import Training

/// Which parameters of a model stay as they are while the others are trained.
struct FrozenParameters {
  /// Nil where all are trained.
  private let selection: Selection?

  /// - Parameters:
  ///   - patterns: of parameters that stay.
  ///   - unfrozen: of those that alone do not; empty for all.
  /// - Throws: ``Failure`` of usage if patterns match nothing, or nothing is left to be trained.
  init(_ patterns: [String], except unfrozen: [String] = [], in checkpoint: Checkpoint) throws {
    guard !patterns.isEmpty || !unfrozen.isEmpty else {
      selection = nil
      return
    }
    let selection = try Selection(only: patterns, except: unfrozen)
    let matches = checkpoint.parameters.map {
      selection.contains(role: $0.role.description, name: "")
    }
    guard matches.contains(true) || !unfrozen.isEmpty else {
      throw Failure(TrainingRequestReason.nothingFrozen(patterns))
    }
    guard matches.contains(false) else {
      throw Failure(
        unfrozen.isEmpty
          ? TrainingRequestReason.allFrozen : TrainingRequestReason.nothingUnfrozen(unfrozen))
    }
    self.selection = selection
  }

  /// Freezes them, whatever model a run has come to.
  func freeze(_ model: TrainableModel) {
    guard let selection else { return }
    for parameter in model.parameters {
      parameter.isFrozen = selection.contains(role: parameter.id.role.description, name: "")
    }
  }
}
