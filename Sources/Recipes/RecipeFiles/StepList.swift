import Checkpoints
import Passes
import Training

/// Whatever can be a step of a recipe, in the order in which it is listed.
package enum StepList {
  /// Passes, each of them a command too.
  package static let passes: [any Pass.Type] = PassList.all + [StudentPass.self]

  static var all: [any Declared.Type] { passes + TrainingStepList.all }

  static func named(_ name: String) -> (any Declared.Type)? {
    all.first { $0.declaration.name == name }
  }
}
