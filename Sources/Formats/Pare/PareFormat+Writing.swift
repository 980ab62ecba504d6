import Checkpoints
import Tensors

extension PareFormat {
  static let fileName = "model.pare.safetensors"

  package func write(
    _ container: Container, to output: OutputTransaction, options: WriteOptions
  ) throws {
    guard output.destination != .standardOutput else {
      throw Failure(FormatReason.cannotStream(name))
    }
    let plan = try ParePlan(container)
    let file = try output.makeFile(Self.fileName)
    try PareWriter(plan, file, options).write()
  }

  package func plannedFiles(
    _ container: Container, options: WriteOptions
  ) throws -> [PlannedFile] {
    let plan = try ParePlan(container)
    return [PlannedFile(name: Self.fileName, byteCount: plan.expectedByteCount)]
  }
}

extension PareFormat {
  /// What a tensor takes in a file, coded; without what the header says of it.
  ///
  /// - Throws: ``Failure`` if its values cannot be read or worked out.
  package static func codedByteCount(of storage: Storage) throws -> Int {
    try CodedStreams(storage).bytes.count
  }
}
