import Checkpoints
import Tensors

extension HDF5File {
  /// The file as what it is by its structure: Keras's layers, Keras 3's variables, or plain datasets.
  func container() throws -> Container {
    if let layers = try KerasLayers(self) {
      return Container(
        format: TensorFlowHDF5Format.formatName, files: [path], byteCount: byteCount,
        tensors: layers.tensors, foreign: layers.foreign, metadata: layers.metadata,
        naming: layers.naming, diagnostics: diagnostics + layers.diagnostics)
    }
    var container = plainContainer()
    guard KerasVariables.hold(tensors) else { return container }
    container.format = Keras3Format.formatName
    container.naming = .kerasPaths
    container.diagnostics = diagnostics
    container.metadata += KerasVariables.layerNames(in: structure)
    return container
  }

  /// The file as datasets with paths, whatever else it means.
  func plainContainer() -> Container {
    let root = structure.attributes(of: "")
    let carried = root.compactMap { attribute in
      attribute.text.map { (key: attribute.name, value: $0) }
    }
    let left = structure.entries.dropFirst().reduce(root.count - carried.count) {
      $0 + $1.attributes.count { $0.name != "dtype" }
    }
    var container = Container(
      format: HDF5Format.formatName, files: [path], byteCount: byteCount, tensors: tensors,
      foreign: foreign, metadata: carried, naming: .flat, diagnostics: diagnostics)
    if left > 0 {
      container.diagnostics.append(
        Diagnostic(
          .note, .metadataDropped,
          left == 1 ? "one attribute is left out" : "\(left) attributes are left out"))
    }
    return container
  }
}
