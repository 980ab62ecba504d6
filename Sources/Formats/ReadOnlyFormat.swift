import Checkpoints
import Tensors

/// A format that is read and never written.
package protocol ReadOnlyFormat: Format {}

extension ReadOnlyFormat {
  package func write(
    _ container: Container, to output: OutputTransaction, options: WriteOptions
  ) throws {
    throw Failure(FormatReason.readOnly(name))
  }

  package func plannedFiles(
    _ container: Container, options: WriteOptions
  ) throws -> [PlannedFile] {
    throw Failure(FormatReason.readOnly(name))
  }
}
