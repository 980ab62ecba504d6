import Checkpoints
import Tensors

/// Any HDF5 file, as datasets with paths.
package struct HDF5Format: Format {
  package init() {}

  static let formatName = "hdf5"

  package let name = formatName
  package let summary = "any HDF5 file, datasets by their paths; optionally compressed"
  package let extensions = [".hdf5", ".he5"]
  package let carries: Capabilities = [.reading, .metadata]
  package let naming = NameStyle.flat
  package let folderNames: [String] = []

  package func recognizes(_ prefix: [UInt8], path: String) -> Bool {
    HDF5Signature.stands(in: prefix)
  }

  package func read(_ path: String, options: ReadOptions) throws -> Container {
    try HDF5File(path, access: options.access).plainContainer()
  }
}

extension HDF5Format {
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
