import Checkpoints
import Documents
import Formats
import Tensors

/// A file that goes into an output's folder beside the weights.
struct OutputSidecar: Sendable {
  var name: String
  var bytes: [UInt8]

  /// The model's sidecars, its configuration brought up to date; none where the output is no folder.
  static func all(
    for request: ConversionRequest, of model: Model, as container: Container, by format: any Format
  ) throws -> [OutputSidecar] {
    guard case .folder(let folder) = request.output else { return [] }
    let configuration = try configuration(for: request, of: model, as: container, by: format)
    // Beside the weights that they belong to, they are there already.
    let isThere = { (path: String) in
      FileIdentity(of: splitPath(path).parent).map { $0 == FileIdentity(of: folder) } ?? false
    }
    let isInPlace = model.checkpoint.container.files.first.map(isThere) ?? false
    guard request.carriesSidecars, !isInPlace else {
      // Without it the weights could not be read.
      return configuration.flatMap { $0.isNeeded ? [OutputSidecar(json: $0.document)] : nil } ?? []
    }
    let rewritten = model.checkpoint.rewrittenSidecars
    var sidecars = try model.sidecars.filter { rewritten[$0.name] == nil }.map { sidecar in
      let file = try InputFile(sidecar.path, access: .read)
      return OutputSidecar(name: sidecar.name, bytes: try file.bytes(0..<file.byteCount))
    }
    sidecars += rewritten.sorted { $0.key < $1.key }.map { OutputSidecar(name: $0, bytes: $1) }
    if !sidecars.contains(where: { ["vocab.txt", "tokenizer.json"].contains($0.name) }) {
      sidecars += GGUFVocabulary.sidecars(of: model.checkpoint.container)
    }
    if let configuration {
      sidecars.removeAll { $0.name == "config.json" }
      sidecars.insert(OutputSidecar(json: configuration.document), at: 0)
    }
    let own = try format.modelDescription?.init(of: model).sidecars ?? []
    return own + sidecars.filter { sidecar in !own.contains { $0.name == sidecar.name } }
  }

  /// A configuration that differs from the model's own, and whether the weights cannot be read without it.
  private static func configuration(
    for request: ConversionRequest, of model: Model, as container: Container, by format: any Format
  ) throws -> (document: JSON, isNeeded: Bool)? {
    let own = model.checkpoint.configuration?.document
    let updated = updatedConfiguration(for: request, of: model)
    let present = updated ?? own ?? .object([])
    let source = FormatList.named(model.checkpoint.container.format)
    let plain = source?.plainConfiguration(present) ?? present
    let document = try format.configuration(plain, for: container)
    guard updated != nil || document != own ?? .object([]) else { return nil }
    return (document, document != plain)
  }

  /// The configuration with another element type, or made from the shapes where the model has none that
  /// transformers reads; nil where the model's own will do.
  private static func updatedConfiguration(
    for request: ConversionRequest, of model: Model
  ) -> JSON? {
    let checkpoint = model.checkpoint
    if var members = checkpoint.configuration?.document.members,
      checkpoint.configuration?.modelType != nil
    {
      if let type = request.elementType?.torchName,
        let index = members.firstIndex(where: { $0.key == "torch_dtype" || $0.key == "dtype" }),
        members[index].value != .string(type)
      {
        members[index].value = .string(type)
      } else if !checkpoint.isRewritten, !model.hasEditedConfiguration,
        model.sidecars.contains(where: { $0.name == "config.json" })
      {
        return nil
      }
      return .object(members)
    }
    switch checkpoint.architecture {
    case .encoder(let encoder): return encoder.configuration(elementType: request.elementType)
    case .bilstm(let student):
      let activation = BiLSTMArchitecture.usualActivation(in: checkpoint.dialect)
      let type = request.elementType?.torchName.map { ("torch_dtype", JSON.string($0)) }
      return .object(student.configuration(activation: activation) + [type].compactMap(\.self))
    case .unknown: return nil
    }
  }

  private init(json: JSON) { self.init(name: "config.json", document: json) }

  init(name: String, document: JSON) {
    self.init(name: name, bytes: [UInt8]((document.text(pretty: true) + "\n").utf8))
  }

  init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }
}

extension ElementType {
  /// The name in PyTorch, as configurations spell it.
  fileprivate var torchName: String? {
    switch self {
    case .f16: "float16"
    case .bf16: "bfloat16"
    case .f32: "float32"
    case .f64: "float64"
    default: nil
    }
  }
}

extension EncoderArchitecture {
  /// A `config.json` that says what the shapes tell; the rest is left to the defaults of transformers.
  fileprivate func configuration(elementType: ElementType?) -> JSON {
    var members: [(key: String, value: JSON)] = [("architectures", [.string(className)])]
    members.append(("model_type", .string(family.rawValue)))
    members.append(("vocab_size", .integer(vocabulary)))
    members.append(("max_position_embeddings", .integer(positions)))
    if family == .distilbert {
      members.append(("dim", .integer(hidden)))
      members.append(("n_layers", .integer(layers.count)))
      members.append(("n_heads", JSON(usualHeads)))
      members.append(("hidden_dim", JSON(layers.map(\.intermediate).max())))
    } else {
      members.append(("hidden_size", .integer(hidden)))
      members.append(("num_hidden_layers", .integer(layers.count)))
      members.append(("num_attention_heads", JSON(usualHeads)))
      members.append(("intermediate_size", JSON(layers.map(\.intermediate).max())))
      // A RoBERTa without types is written with a row of zeros.
      members.append(("type_vocab_size", .integer(hasTypes ? types : 1)))
    }
    // Every one that was published; transformers takes another where nothing is said.
    if family == .roberta || family == .xlmRoberta {
      members.append(("layer_norm_eps", .number(1e-5)))
    }
    if embedding != hidden || family == .electra || family == .albert {
      members.append(("embedding_size", .integer(embedding)))
    }
    if let type = elementType?.torchName { members.append(("torch_dtype", .string(type))) }
    members += prunedMembers
    members.removeAll { $0.value == .null }
    return .object(members)
  }

  /// The heads of a layer that has not lost any: as many as make the encoder's width.
  private var usualHeads: Int? {
    guard let width = headWidth, width > 0, hidden % width == 0 else { return layers.first?.heads }
    return hidden / width
  }

  /// What the usual settings cannot say of layers that have lost heads or neurons. Which heads are gone is not known any more; it is no
  /// matter to a reader, who goes by their number.
  private var prunedMembers: [(key: String, value: JSON)] {
    let usual = usualHeads ?? 0
    let pruned: [(key: String, value: JSON)] = layers.enumerated().compactMap { index, layer in
      guard let heads = layer.heads, heads < usual, storedLayer(runAs: index) == index else {
        return nil
      }
      return ("\(index)", .array((heads..<usual).map { .integer($0) }))
    }
    var own: [(key: String, value: JSON)] = []
    let widths = layers.map(\.intermediate)
    if Set(widths).count > 1 {
      own.append(("intermediate", .array(widths.map { .integer($0) })))
    }
    if let width = headWidth, usual * width != hidden {
      own.append(("head_width", .integer(width)))
    }
    return (pruned.isEmpty ? [] : [("pruned_heads", .object(pruned))])
      + (own.isEmpty ? [] : [("pare", .object(own))])
  }
}
