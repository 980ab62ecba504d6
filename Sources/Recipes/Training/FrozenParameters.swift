import Checkpoints
import Tensors
import Training

/// Which parameters of a model stay as they are while the others are trained.
struct FrozenParameters {
  private let selection: Selection?

  /// - Throws: ``Failure`` of usage if the patterns match nothing, or leave nothing.
  init(_ patterns: [String], in checkpoint: Checkpoint) throws {
    selection = patterns.isEmpty ? nil : try Selection(only: patterns)
    guard let selection else { return }
    let matches = checkpoint.parameters.map {
      selection.contains(role: $0.role.description, name: "")
    }
    guard matches.contains(true) else {
      throw Failure(TrainingRequestReason.nothingFrozen(patterns))
    }
    guard matches.contains(false) else { throw Failure(TrainingRequestReason.allFrozen) }
  }

  /// Freezes them, whatever model a run has come to.
  func freeze(_ model: TrainableModel) {
    guard let selection else { return }
    for parameter in model.parameters {
      parameter.isFrozen = selection.contains(role: parameter.id.role.description, name: "")
    }
  }
}
