import Checkpoints
import Documents
import Tensors

/// The weights of a Keras model as `save_weights` and `model.save` lay them out: one group a layer,
/// `layer_names` and `weight_names` in the order of the model.
struct KerasLayers {
  /// `model_weights` in a file of a whole model, else empty.
  let prefix: String
  /// Without the prefix, in the order that the attributes give, then those that they do not list.
  let tensors: [NamedTensor]
  let foreign: [ForeignTensor]
  let metadata: [(key: String, value: String)]
  let naming: NameStyle
  let diagnostics: [Diagnostic]

  static let layerNames = "layer_names"
  static let weightNames = "weight_names"
  /// Weights that belong to no layer; not among the layer names.
  static let topLevel = "top_level_model_weights"
  static let wholeModel = "model_weights"

  /// Nil if the file has no list of layers.
  ///
  /// - Throws: ``Failure`` if the lists name what is not there.
  init?(_ file: HDF5File) throws {
    let structure = file.structure
    let prefixes = ["", Self.wholeModel]
    guard
      let prefix = prefixes.first(where: {
        structure.attributes(of: $0).names(Self.layerNames) != nil
      }), let layers = structure.attributes(of: prefix).names(Self.layerNames)
    else { return nil }
    self.prefix = prefix
    let folder = prefix.isEmpty ? "" : prefix + "/"
    let isFlat = layers.contains { structure.dataset(folder + $0) != nil }
    let hasTopLevel = structure.isGroup(folder + Self.topLevel)
    let listed = try (hasTopLevel && !isFlat ? layers + [Self.topLevel] : layers).flatMap {
      try Self.weights(of: $0, in: file, folder: folder)
    }
    let below = file.tensors.filter { $0.name.hasPrefix(folder) }.map {
      NamedTensor(String($0.name.dropFirst(folder.count)), $0.tensor)
    }
    let byName = Dictionary(below.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    var seen: Set<String> = []
    let ordered = listed.filter { seen.insert($0).inserted }.compactMap { byName[$0] }
    let others = below.filter { !seen.contains($0.name) }
    tensors = ordered + others
    foreign = file.foreign.filter { $0.name.hasPrefix(folder) }.map {
      var foreign = $0
      foreign.name = String($0.name.dropFirst(folder.count))
      return foreign
    }
    naming = isFlat ? .flat : .kerasLayers
    metadata = Self.metadata(structure, prefix: prefix, layers: isFlat ? nil : layers)
    diagnostics =
      Self.notes(
        unlisted: others.map(\.name),
        leftOut: file.tensors.count + file.foreign.count - below.count - foreign.count,
        folder: prefix)
      + file.attributesLeftOut { entry, attribute in
        // Those of the optimizer's go with its tensors.
        !entry.path.hasPrefix(folder) || entry.path == prefix
          || entry.attributes.isPart(attribute, of: Self.weightNames)
      }
  }

  /// The paths of a layer's weights; the layer's own where it is a dataset, as in Hugging Face's
  /// shards.
  private static func weights(
    of layer: String, in file: HDF5File, folder: String
  ) throws -> [String] {
    let path = folder + layer
    if file.structure.dataset(path) != nil { return [layer] }
    guard file.structure.isGroup(path) else {
      throw Failure(KerasReason.missingLayer(layer), at: Place(file: file.path))
    }
    return try (file.structure.attributes(of: path).names(weightNames) ?? []).map { name in
      guard file.structure.dataset("\(path)/\(name)") != nil else {
        throw Failure(
          KerasReason.missingWeight(layer: layer), at: Place(file: file.path, tensor: name))
      }
      return "\(layer)/\(name)"
    }
  }

  private static func metadata(
    _ structure: HDF5Structure, prefix: String, layers: [String]?
  ) -> [(key: String, value: String)] {
    var metadata: [(key: String, value: String)] = []
    for path in prefix.isEmpty ? [""] : ["", prefix] {
      let attributes = structure.attributes(of: path)
      for attribute in attributes where !attributes.isPart(attribute, of: layerNames) {
        guard let text = attribute.text, !metadata.contains(where: { $0.key == attribute.name })
        else { continue }
        metadata.append((attribute.name, text))
      }
    }
    if let layers { metadata.append((layerNames, JSON.array(layers.map(JSON.string)).text())) }
    return metadata
  }

  private static func notes(unlisted: [String], leftOut: Int, folder: String) -> [Diagnostic] {
    var notes: [Diagnostic] = []
    if let first = unlisted.first {
      notes.append(
        Diagnostic(
          .note, .indexMismatch,
          unlisted.count == 1
            ? "is not listed in \(weightNames)"
            : "this and \(unlisted.count - 1) others are not listed in \(weightNames)",
          tensor: first))
    }
    if leftOut > 0 {
      notes.append(
        Diagnostic(
          .note, .skipped,
          "\(leftOut) tensors outside \(folder), such as the optimizer's, are left out"))
    }
    return notes
  }
}

/// How a Keras file contradicts itself.
enum KerasReason: Reason {
  case missingLayer(String)
  case missingWeight(layer: String)

  var description: String {
    switch self {
    case .missingLayer(let name):
      "\(KerasLayers.layerNames) names '\(printable(name))', which is no group of the file"
    case .missingWeight(let layer):
      "\(KerasLayers.weightNames) of the layer '\(printable(layer))' names it, no dataset has that name"
    }
  }
}
