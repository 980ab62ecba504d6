import Checkpoints

/// The names that Keras 2 gives a student's weights, with the layers named as XtremeDistil names them:
/// `bilstm/bilstm/forward_lstm/lstm_cell/kernel:0`.
///
/// Kernels are transposed; gates stand in the same order as in PyTorch, and each direction has one bias. Whatever the layers are called,
/// an LSTM's weights are known by their cell and direction, embeddings by their kind; of two dense layers the first is the projection,
/// unless their names say otherwise.
struct BiLSTMTensorFlow: BiLSTMDialect {
  let name = "tf-bilstm"
  let summary = "BiLSTM student, Keras 2: bilstm/forward_lstm/lstm_cell/kernel:0"
  let styles: [NameStyle] = [.kerasLayers, .flat]

  func meanings(of names: [String]) -> Meanings {
    var dense: [Substring] = []
    let paths = names.map(KerasWeightPath.init)
    // Dense layers and embeddings are called alike in any model.
    guard paths.contains(where: \.isRecurrent) else { return Meanings(names.map { _ in nil }) }
    for path in paths where path.isDense && !dense.contains(path.layer) { dense.append(path.layer) }
    let classifier = DenseLayers(dense)
    return Meanings(paths.map { path in path.meaning(classifier) })
  }

  func places(in style: NameStyle) -> [(role: Role, place: NamedPlace)] {
    Self.places.map { role, path, layout in
      let layer = path[...].firstComponent
      return (role, NamedPlace(style == .kerasLayers ? "\(layer)/\(path):0" : "\(path):0", layout))
    }
  }

  private static let places: [(Role, String, Layout)] = {
    var places: [(Role, String, Layout)] = [
      (Role(.embedding(.word), .weight), "word_embedding/embeddings", .asIs)
    ]
    for direction in Direction.allCases {
      let cell = "bilstm/\(direction.rawValue)_lstm/lstm_cell"
      let (input, recurrent) = (Module.lstm(direction, .input), Module.lstm(direction, .recurrent))
      places.append((Role(input, .weight), "\(cell)/kernel", .transposed))
      places.append((Role(recurrent, .weight), "\(cell)/recurrent_kernel", .transposed))
      places.append((Role(input, .bias), "\(cell)/bias", .asIs))
    }
    for (module, layer) in [(Module.projection, "dense"), (.head(.classifier), "output")] {
      places.append((Role(module, .weight), "\(layer)/kernel", .transposed))
      places.append((Role(module, .bias), "\(layer)/bias", .asIs))
    }
    return places
  }()
}

/// Which of a student's dense layers is which.
private struct DenseLayers {
  private var modules: [Substring: Module] = [:]

  /// - Parameter layers: in the order of the file; those beyond two mean nothing.
  init(_ layers: [Substring]) {
    let heads: Set<Substring> = ["output", "classifier", "logits", "head"]
    let named = layers.first { heads.contains($0) }
    let others = layers.filter { $0 != named }
    modules[others.first ?? ""] = .projection
    if let head = named ?? others.dropFirst().first { modules[head] = .head(.classifier) }
  }

  subscript(layer: Substring) -> Module? { modules[layer] }
}

/// The path of one weight: its layer, and what of that it is.
private struct KerasWeightPath {
  let layer: Substring
  private let components: [Substring]

  init(_ name: String) {
    var path = name[...].without(suffix: ":0") ?? name[...]
    path = path.without(prefix: "model_weights/") ?? path
    // An optimizer's variables are called after the weights that they belong to.
    let isModel = path.without(prefix: "optimizer") == nil
    components = isModel ? path.split(separator: "/", omittingEmptySubsequences: false) : []
    // Below a layer's group stands the layer once more, or the model and then the layer.
    layer = components.dropLast().last ?? ""
  }

  private var variable: Substring { components.last ?? "" }

  private var direction: Direction? {
    Direction.allCases.first { direction in
      components.contains { $0.hasPrefix("\(direction.rawValue)_") }
    }
  }

  var isRecurrent: Bool { direction != nil }

  var isDense: Bool {
    direction == nil && components.count > 1 && (variable == "kernel" || variable == "bias")
  }

  func meaning(_ dense: DenseLayers) -> Meaning? {
    if let direction {
      switch variable {
      case "kernel": return .parameter(Role(.lstm(direction, .input), .weight), .transposed)
      case "recurrent_kernel":
        return .parameter(Role(.lstm(direction, .recurrent), .weight), .transposed)
      case "bias": return .parameter(Role(.lstm(direction, .input), .bias), .asIs)
      default: return nil
      }
    }
    if variable == "embeddings", components.count > 1 {
      return .parameter(Role(.embedding(.word), .weight), .asIs)
    }
    guard isDense, let module = dense[layer] else { return nil }
    return variable == "kernel"
      ? .parameter(Role(module, .weight), .transposed) : .parameter(Role(module, .bias), .asIs)
  }
}
