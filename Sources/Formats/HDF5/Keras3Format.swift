import Checkpoints
import Tensors

/// `.weights.h5` of Keras 3: variables in HDF5, by the paths of the attributes that hold them.
package struct Keras3Format: Format {
  package init() {}

  static let fileName = "model.weights.h5"
  static let formatName = "keras3"
  static let ending = ".weights.h5"

  package let name = formatName
  package let summary = "weights of Keras 3 and KerasHub, one file or sharded with .weights.json"
  package let extensions = [ending]
  package let carries: Capabilities = [.reading, .writing, .metadata]
  package let naming = NameStyle.kerasPaths
  package let folderNames = ["model.weights.h5", "model.weights.json"]

  package func recognizes(_ prefix: [UInt8], path: String) -> Bool {
    path.hasSuffix(HDF5Shards.kerasEnding)
      || HDF5Signature.stands(in: prefix) && path.hasSuffix(Self.ending)
  }

  package func read(_ path: String, options: ReadOptions) throws -> Container {
    path.hasSuffix(HDF5Shards.kerasEnding)
      ? try HDF5Shards.readKeras(path, options)
      : try HDF5File(path, access: options.access).container()
  }
}

extension Keras3Format: HDF5Writing {
  func plan(_ container: Container) throws -> HDF5Plan {
    try KerasVariables.plan(container, format: name)
  }
}
