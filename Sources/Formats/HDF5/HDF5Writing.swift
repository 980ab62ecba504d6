import Checkpoints
import Tensors

/// A format that is written as HDF5: it plans the structure, and the rest is the same for all.
protocol HDF5Writing: Format {
  /// The name of the file in a model's folder.
  static var fileName: String { get }

  /// What the file will hold.
  func plan(_ container: Container) throws -> HDF5Plan
}

extension HDF5Writing {
  package func write(
    _ container: Container, to output: OutputTransaction, options: WriteOptions
  ) throws {
    try check(options, output.destination)
    try plan(container).write(to: output.makeFile(Self.fileName), options: options)
  }

  package func plannedFiles(
    _ container: Container, options: WriteOptions
  ) throws -> [PlannedFile] {
    let size = try plan(container).byteCount(compressionLevel: options.compressionLevel)
    return [PlannedFile(name: Self.fileName, byteCount: size)]
  }
}
