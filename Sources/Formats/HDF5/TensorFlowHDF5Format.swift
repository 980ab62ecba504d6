import Checkpoints
import Tensors

/// `tf_model.h5`: the layers of a Keras model in HDF5, as TensorFlow's Keras 2 and transformers
/// write them.
package struct TensorFlowHDF5Format: Format {
  package init() {}

  static let fileName = "tf_model.h5"
  static let formatName = "tf-h5"

  package let name = formatName
  package let summary = "tf_model.h5 of transformers, weights and whole models of Keras 2"
  package let extensions = [".h5"]
  package let carries: Capabilities = [.reading, .writing, .metadata]
  package let naming = NameStyle.kerasLayers
  package let folderNames = ["tf_model.h5", "tf_model.h5.index.json"]

  /// Takes every HDF5 file that is not named as Keras 3 names its own: what it is, its structure
  /// tells.
  package func recognizes(_ prefix: [UInt8], path: String) -> Bool {
    path.hasSuffix(HDF5Shards.tensorFlowEnding)
      || HDF5Signature.stands(in: prefix) && !path.hasSuffix(Keras3Format.ending)
  }

  package func read(_ path: String, options: ReadOptions) throws -> Container {
    path.hasSuffix(HDF5Shards.tensorFlowEnding)
      ? try HDF5Shards.readTensorFlow(path, options)
      : try HDF5File(path, access: options.access).container()
  }
}

extension TensorFlowHDF5Format: HDF5Writing {
  func plan(_ container: Container) throws -> HDF5Plan {
    // transformers and Keras 2 do not know what Keras 3 made of bfloat16.
    if let tensor = container.tensors.first(where: { $0.tensor.elementType == .bf16 }) {
      throw Failure(
        FormatReason.noSuchTensorType(.bf16, format: name), at: Place(tensor: tensor.name))
    }
    return try KerasLayers.plan(container, format: name)
  }
}
