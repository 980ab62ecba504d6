import Checkpoints
import Tensors

extension HDF5File {
  /// The file as what it is by its structure: Keras's layers, Keras 3's variables, or plain
  /// datasets.
  func container() throws -> Container {
    if let layers = try KerasLayers(self) {
      return Container(
        format: TensorFlowHDF5Format.formatName, files: [path], byteCount: byteCount,
        tensors: layers.tensors, foreign: layers.foreign, metadata: layers.metadata,
        naming: layers.naming, diagnostics: diagnostics + layers.diagnostics)
    }
    guard KerasVariables.hold(tensors) else { return plainContainer() }
    return Container(
      format: Keras3Format.formatName, files: [path], byteCount: byteCount, tensors: tensors,
      foreign: foreign, metadata: rootText + KerasVariables.layerNames(in: structure),
      naming: .kerasPaths,
      diagnostics: diagnostics
        + attributesLeftOut { KerasVariables.isGroup($0.path) && $1.name == "name" })
  }

  /// The file as datasets with paths, whatever else it means.
  func plainContainer() -> Container {
    Container(
      format: HDF5Format.formatName, files: [path], byteCount: byteCount, tensors: tensors,
      foreign: foreign, metadata: rootText, naming: .flat,
      diagnostics: diagnostics + attributesLeftOut { _, _ in false })
  }

  private var rootText: [(key: String, value: String)] {
    structure.attributes(of: "").compactMap { attribute in
      attribute.text.map { (key: attribute.name, value: $0) }
    }
  }

  /// A note on the attributes that are not carried, if there are any.
  func attributesLeftOut(_ isKnown: (HDF5Entry, HDF5Attribute) -> Bool) -> [Diagnostic] {
    let count = structure.entries.reduce(0) { count, entry in
      count
        + entry.attributes.count { attribute in
          // The root's are carried as text; the type that Keras notes is the tensor's.
          entry.path.isEmpty
            ? attribute.text == nil
            : attribute.name != "dtype" && !isKnown(entry, attribute)
        }
    }
    guard count > 0 else { return [] }
    let text = count == 1 ? "one attribute is left out" : "\(count) attributes are left out"
    return [Diagnostic(.note, .metadataDropped, text)]
  }
}
