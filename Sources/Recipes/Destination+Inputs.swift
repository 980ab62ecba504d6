import Checkpoints
import Tasks
import Tensors

extension Destination {
  /// Fails where the output cannot be put, or where it is a file that is read.
  ///
  /// - Parameters:
  ///   - models: whose weights, configurations and vocabularies are not to be touched.
  ///   - files: others that are not.
  func check(replacing: Bool, sparing models: [TaskModel], _ files: [String] = []) throws {
    try check(replacing: replacing, names: [])
    guard self != .standardOutput, let identity = FileIdentity(of: path) else { return }
    let inputs = files + models.flatMap { $0.inputs + $0.sidecars }
    guard !inputs.contains(where: { FileIdentity(of: $0) == identity }) else {
      throw Failure(OutputReason.isTheInput, at: Place(file: path))
    }
  }
}

extension TaskModel {
  /// What may lie beside the weights.
  fileprivate var sidecars: [String] {
    Set(inputs.map { splitPath($0).parent }).flatMap { folder in
      Sidecar.knownNames.map { joinPath(folder, $0) }
    }
  }
}
