import Checkpoints
import Documents
import Tensors

extension KerasLayers {
  /// The most bytes of names that Keras puts into one attribute (`HDF5_OBJECT_HEADER_LIMIT`).
  private static let attributeLimit = 64512

  /// Lays out tensors by their layers, as `save_weights` does; a whole model, known by its
  /// configuration, in a group of its own.
  static func plan(_ container: Container, format: String) throws -> HDF5Plan {
    let listed = listedLayers(container.metadata)
    var layers = listed
    var weights: [String: [String]] = [:]
    for tensor in container.tensors {
      let layer = try layer(of: tensor.name, listed)
      if weights[layer] == nil, !listed.contains(layer), layer != topLevel { layers.append(layer) }
      weights[layer, default: []].append(String(tensor.name.dropFirst(layer.count + 1)))
    }
    var text = container.metadata.filter { $0.key != layerNames }
    for (key, value) in [("backend", "tensorflow"), ("keras_version", "2.15.0")]
    where !text.contains(where: { $0.key == key }) {
      text.append((key, value))
    }
    let isWhole = text.contains { $0.key == "model_config" }
    let folder = isWhole ? wholeModel + "/" : ""
    var plan = HDF5Plan()
    for (key, value) in text { try plan.addText(value, key, of: "") }
    if isWhole {
      plan.addGroup(wholeModel)
      for (key, value) in text where key == "backend" || key == "keras_version" {
        try plan.addText(value, key, of: wholeModel)
      }
    }
    try add(layers, layerNames, of: isWhole ? wholeModel : "", to: &plan)
    for layer in layers + [topLevel] {
      try HDF5Plan.check(layer)
      plan.addGroup(folder + layer)
      try add(weights[layer] ?? [], weightNames, of: folder + layer, to: &plan)
    }
    try plan.addDatasets(
      container.tensors.map { NamedTensor(folder + $0.name, $0.tensor) }, format: format)
    return plan
  }

  /// The layers of the model that the tensors were read from, those without weights too.
  private static func listedLayers(_ metadata: [(key: String, value: String)]) -> [String] {
    guard let text = metadata.first(where: { $0.key == layerNames })?.value,
      let list = try? JSON.parse(Array(text.utf8), file: layerNames).array
    else { return [] }
    var seen: Set<String> = [topLevel, ""]
    return list.compactMap(\.string).filter { seen.insert($0).inserted }
  }

  /// The longest of the listed layers that a name begins with, else its first part.
  private static func layer(of name: String, _ listed: [String]) throws -> String {
    let known = listed.filter { name.hasPrefix($0 + "/") }.max { $0.utf8.count < $1.utf8.count }
    if let known { return known }
    guard let slash = name.firstIndex(of: "/"), slash != name.startIndex else {
      throw Failure(HDF5WriteReason.noLayer, at: Place(tensor: name))
    }
    return String(name[..<slash])
  }

  /// Adds a list of names, in as many attributes as Keras would split it into: the fewest parts of
  /// equal length, the first ones longer by one, that all stay within the limit.
  private static func add(
    _ names: [String], _ attribute: String, of object: String, to plan: inout HDF5Plan
  ) throws {
    let width = names.map(\.utf8.count).max() ?? 0
    guard width <= attributeLimit else {
      throw Failure(HDF5WriteReason.namesTooLong(object))
    }
    var parts = 1
    while (names.count + parts - 1) / parts * width > attributeLimit { parts += 1 }
    guard parts > 1 else { return plan.addNames(names, attribute, of: object) }
    var start = 0
    for part in 0..<parts {
      let end = start + names.count / parts + (part < names.count % parts ? 1 : 0)
      plan.addNames(Array(names[start..<end]), "\(attribute)\(part)", of: object)
      start = end
    }
  }
}
