import Checkpoints

/// The names of Hugging Face's TensorFlow models, which follow from those of PyTorch by the rule of
/// `transformers/modeling_tf_pytorch_utils.py`: `layer.0` is `layer_._0`, the weight of a linear is
/// a `kernel` and transposed, norms have `gamma` and `beta`, embeddings are called `embeddings` but
/// for the word embedding, and `cls` stands for two layers, `mlm___cls` and `nsp___cls`.
///
/// In ``NameStyle/kerasLayers`` a layer and the scope of the model's class come first. The layer of
/// the masked language model holds the embeddings a second time: those are copies, without which
/// transformers reports missing keys and Keras refuses the file. Both styles are read in any
/// container, with `:0` at the end or without.
struct HuggingFaceTensorFlow: EncoderDialect {
  let family: HuggingFaceFamily
  private let table: NameTable
  private let prefix: String

  init(_ family: HuggingFaceFamily) {
    self.family = family
    self.prefix = "\(family.backbone)/"
    self.table = NameTable(family.rows.flatMap(\.tensorFlowEntries))
  }

  var name: String { "tf-\(family.name)" }
  var summary: String {
    "Hugging Face, TensorFlow: \(family.backbone)/\(family.example.asTensorFlowPath)"
  }
  var encoderFamilies: [EncoderFamily] { family.families }
  var styles: [NameStyle] { [.kerasLayers, .flat] }

  func order(of role: Role) -> [Int] { table.order(of: role) }

  func meanings(of names: [String]) -> Meanings {
    let found = names.map(find)
    let matches = found.map { $0?.match }
    let meanings = zip(found, matches.numbered()).map { found, match -> Meaning? in
      guard let found, let match else { return nil }
      return found.isCopy
        ? .copy(match.role, match.layout) : .parameter(match.role, match.layout)
    }
    return Meanings(meanings, groupSize: matches.groupSize)
  }

  /// Looks a name up as it is, then without a layer, then without a layer and a scope.
  private func find(_ name: String) -> (match: NameTable.Match, isCopy: Bool)? {
    var path = name[...].without(suffix: ":0") ?? name[...]
    path = path.without(prefix: "model_weights/") ?? path
    let layer = path.firstComponent
    for depth in 0...2 {
      if depth > 0 {
        guard let inner = path.withoutFirstComponent else { return nil }
        path = inner
      }
      let inBackbone = path.without(prefix: prefix)
      // Below a layer the encoder's name always stands; without it any family would do.
      let match =
        inBackbone.map { table.match($0, .backbone) }
        ?? table.match(path, depth > 0 ? .head : .any)
      guard let match else { continue }
      let owner = match.role.module.isHead ? path.firstComponent : family.backbone[...]
      return (match, isCopy: depth > 0 && layer != owner)
    }
    return nil
  }

  func place(
    of role: Role, in architecture: EncoderArchitecture, style: NameStyle
  ) -> NamedPlace? {
    guard styles.contains(style), encoderFamilies.contains(architecture.family),
      var place = table.place(of: role, in: architecture)
    else { return nil }
    place.name += ":0"
    if !role.module.isHead { place.name = prefix + place.name }
    if style == .kerasLayers {
      let layer = place.name[...].firstComponent
      place.name = "\(layer)/\(HuggingFaceFamily.scope(of: architecture))/\(place.name)"
    }
    return place
  }
}

extension NameRow {
  /// The tensors of a module, by TensorFlow's names without `:0`.
  fileprivate var tensorFlowEntries: [NameTable.Entry] {
    let path = path.asTensorFlowPath
    func entry(
      _ name: String, _ kind: Role.Kind, _ layout: Layout = .asIs, isWritten: Bool = true
    ) -> NameTable.Entry {
      NameTable.Entry("\(path)/\(name)", Role(module, kind), layout, heads: isWritten ? heads : [])
    }
    switch kind {
    case .linear: return [entry("kernel", .weight, .transposed), entry("bias", .bias)]
    case .norm: return [entry("gamma", .weight), entry("beta", .bias)]
    case .embedding:
      // The word embedding is a layer of their own making.
      let isWord = module == .embedding(.word)
      return [
        entry("weight", .weight, isWritten: isWord),
        entry("embeddings", .weight, isWritten: !isWord),
      ]
    case .tensor(let kind): return [NameTable.Entry(path, Role(module, kind), heads: heads)]
    case .tied: return []
    }
  }
}

extension String {
  /// A PyTorch path by the names of TensorFlow's layers.
  fileprivate var asTensorFlowPath: String {
    var path: [UInt8] = []
    var rest = utf8[...]
    for (head, layer) in [
      ("cls.predictions", "mlm___cls/predictions"),
      ("cls.seq_relationship", "nsp___cls/seq_relationship"),
    ] where rest.starts(with: head.utf8) {
      path += layer.utf8
      rest = rest.dropFirst(head.utf8.count)
    }
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: ".") {
        let isIndex = rest.first.map { $0 == UInt8(ascii: "{") || $0.isDigit } ?? false
        path += (isIndex ? "_._" : "/").utf8
      } else {
        path.append(byte)
      }
    }
    return String(decoding: path, as: UTF8.self)
  }
}
