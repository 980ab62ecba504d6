import Checkpoints
import Tensors

/// Any HDF5 file, as datasets with paths.
package struct HDF5Format: Format {
  package init() {}

  static let fileName = "model.hdf5"
  static let formatName = "hdf5"

  package let name = formatName
  package let summary = "any HDF5 file, datasets by their paths; optionally compressed"
  package let extensions = [".hdf5", ".he5"]
  package let carries: Capabilities = [.reading, .writing, .metadata, .compression]
  package let naming = NameStyle.flat
  package let folderNames: [String] = []

  package func recognizes(_ prefix: [UInt8], path: String) -> Bool {
    HDF5Signature.stands(in: prefix)
  }

  package func read(_ path: String, options: ReadOptions) throws -> Container {
    try HDF5File(path, access: options.access).plainContainer()
  }
}

extension HDF5Format: HDF5Writing {
  func plan(_ container: Container) throws -> HDF5Plan {
    var plan = HDF5Plan()
    for (key, value) in container.metadata { try plan.addText(value, key, of: "") }
    try plan.addDatasets(container.tensors, format: name)
    return plan
  }
}
