import Checkpoints
import Documents
import Tensors

/// The names of Keras 3's variables: `layers/dense/vars/0`.
enum KerasVariables {
  static let groupName = "vars"
  /// The key of the metadata that keeps the user's names of layers, by the paths of their
  /// variables.
  static let layerNamesKey = "keras_layer_names"

  /// Whether all tensors are variables.
  static func hold(_ tensors: [NamedTensor]) -> Bool {
    !tensors.isEmpty
      && tensors.allSatisfy {
        $0.name.split(separator: "/").dropLast().last == Substring(groupName)
      }
  }

  /// Whether a path is that of a layer's variables.
  static func isGroup(_ path: String) -> Bool {
    path.split(separator: "/").last == Substring(groupName)
  }

  /// Every group of variables, the empty ones of layers without weights too, with the layer's name.
  static func layerNames(in structure: HDF5Structure) -> [(key: String, value: String)] {
    let names = structure.entries.compactMap { entry -> (key: String, value: JSON)? in
      guard structure.isGroup(entry.path), isGroup(entry.path),
        let name = entry.attributes["name"]?.text
      else { return nil }
      return (entry.path, .string(name))
    }
    return names.isEmpty ? [] : [(layerNamesKey, JSON.object(names).text())]
  }

  /// Lays out variables by their paths, with the groups of layers without weights where they are
  /// known.
  static func plan(_ container: Container, format: String) throws -> HDF5Plan {
    var plan = HDF5Plan()
    for (key, value) in container.metadata where key != layerNamesKey {
      try plan.addText(value, key, of: "")
    }
    let text = container.metadata.first { $0.key == layerNamesKey }?.value ?? ""
    let names = (try? JSON.parse(Array(text.utf8), file: layerNamesKey))?.members ?? []
    for (group, name) in names {
      try HDF5Plan.check(group)
      plan.addGroup(group)
      if let name = name.string { try plan.addText(name, "name", of: group) }
    }
    try plan.addDatasets(container.tensors, format: format)
    return plan
  }
}
