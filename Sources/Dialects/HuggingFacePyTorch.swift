import Checkpoints

/// The names that PyTorch gives the modules of Hugging Face's models, such as
/// `bert.encoder.layer.0.attention.self.query.weight`.
///
/// Files of bare encoders have no `bert.`. Wrappers (`module.` of data parallelism, `model.`,
/// `_orig_mod.` of a compiled model) are read and not written. A norm's `gamma` and `beta`, which old
/// files have, are read as its weight and bias, under norms alone.
struct HuggingFacePyTorch: EncoderDialect {
  let family: HuggingFaceFamily
  private let table: NameTable
  private let prefix: String

  init(_ family: HuggingFaceFamily) {
    self.family = family
    self.prefix = "\(family.backbone)."
    self.table = NameTable(family.rows.flatMap(\.pyTorchEntries))
  }

  var name: String { family.name }
  var summary: String {
    "Hugging Face, PyTorch: \(family.backbone).\(family.example)"
  }
  var encoderFamilies: [EncoderFamily] { family.families }
  var styles: [NameStyle] { [.flat] }

  func meanings(of names: [String]) -> Meanings {
    let names = names.map { $0[...].withoutWrappers }
    let matches = names.map { name in
      name.without(prefix: prefix).map { table.match($0, .backbone) } ?? table.match(name)
    }
    let meanings = zip(names, matches.numbered()).map { name, match in
      match.map { .parameter($0.role, $0.layout) } ?? buffer(name).map(Meaning.buffer)
    }
    return Meanings(meanings, groupSize: matches.groupSize)
  }

  private func buffer(_ name: Substring) -> Buffer? {
    switch name.without(prefix: prefix) ?? name {
    case "embeddings.position_ids": .positionIDs
    case "embeddings.token_type_ids": .tokenTypeIDs
    default: nil
    }
  }

  func place(
    of role: Role, in architecture: EncoderArchitecture, style: NameStyle
  ) -> NamedPlace? {
    guard styles.contains(style), encoderFamilies.contains(architecture.family),
      var place = table.place(of: role, in: architecture)
    else { return nil }
    if architecture.head != .none, !role.module.isHead {
      place.name = prefix + place.name
    }
    return place
  }

  func repetitions(in architecture: EncoderArchitecture, style: NameStyle) -> [Repetition] {
    zeroTypes(in: architecture, style: style)
  }
}

extension EncoderDialect {
  /// Zeros for the token types of a RoBERTa that has none, as fairseq's: transformers would draw them at random.
  func zeroTypes(in architecture: EncoderArchitecture, style: NameStyle) -> [Repetition] {
    let role = Role(.embedding(.type), .weight)
    let isRoBERTa = [.roberta, .xlmRoberta].contains(architecture.family)
    guard isRoBERTa, !architecture.hasTypes,
      let place = place(of: role, in: architecture, style: style)
    else { return [] }
    var zeros = Repetition(role, place, order: order(of: role))
    zeros.zeros = [1, architecture.hidden]
    return [zeros]
  }
}

extension NameRow {
  /// The tensors of a module, by PyTorch's names.
  fileprivate var pyTorchEntries: [NameTable.Entry] {
    func entry(_ name: String, _ kind: Role.Kind, isWritten: Bool = true) -> NameTable.Entry {
      NameTable.Entry(
        "\(path).\(name)", Role(module, kind), heads: isWritten ? heads : [])
    }
    switch kind {
    case .linear: return [entry("weight", .weight), entry("bias", .bias)]
    case .embedding: return [entry("weight", .weight)]
    case .norm:
      return [
        entry("weight", .weight), entry("bias", .bias),
        entry("gamma", .weight, isWritten: false), entry("beta", .bias, isWritten: false),
      ]
    case .tensor(let kind), .tied(let kind):
      return [NameTable.Entry(path, Role(module, kind), heads: heads)]
    }
  }
}

extension HuggingFaceFamily {
  /// A name that shows what the family's are like.
  var example: String {
    rows.first { $0.module == .layer(.query) }.map { NamePattern($0.path) }?
      .filled(layer: 0, groupSize: 1) ?? ""
  }
}

extension Substring {
  /// The name without what holds the model.
  var withoutWrappers: Substring {
    var name = self
    for _ in 0..<4 {
      let inner =
        name.without(prefix: "module.") ?? name.without(prefix: "model.")
        ?? name.without(prefix: "_orig_mod.")
      guard let inner else { break }
      name = inner
    }
    return name
  }
}
