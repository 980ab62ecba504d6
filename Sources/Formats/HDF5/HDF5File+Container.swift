import Checkpoints
import Documents
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

/// The names of Keras 3's variables: `layers/dense/vars/0`.
enum KerasVariables {
  static let groupName = "vars"
  /// The key of the metadata that keeps the user's names of layers, by the paths of their variables.
  static let layerNamesKey = "keras_layer_names"

  /// Whether all tensors are variables.
  static func hold(_ tensors: [NamedTensor]) -> Bool {
    !tensors.isEmpty
      && tensors.allSatisfy {
        $0.name.split(separator: "/").dropLast().last == Substring(groupName)
      }
  }

  /// Every group of variables, the empty ones of layers without weights too, with the layer's name.
  static func layerNames(in structure: HDF5Structure) -> [(key: String, value: String)] {
    let names = structure.entries.compactMap { entry -> (key: String, value: JSON)? in
      guard structure.isGroup(entry.path), entry.path.split(separator: "/").last == "vars",
        let name = entry.attributes["name"]?.text
      else { return nil }
      return (entry.path, .string(name))
    }
    return names.isEmpty ? [] : [(layerNamesKey, JSON.object(names).text())]
  }
}
