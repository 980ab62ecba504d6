import Checkpoints

/// The objects of the TensorFlow model garden (`official/nlp/modeling/networks/bert_encoder.py`), as TensorFlow 2 saves them:
/// `model/layer_with_weights-4/_attention_layer/_query_dense/kernel/.ATTRIBUTES/VARIABLE_VALUE`.
///
/// Layers that have weights go by their number: three embeddings and their norm, the encoder's from 4 on, the pooler. The newer
/// BertEncoderV2 has attributes in their place, which are read too. Task models hold the encoder as their layer 0; the
/// heads that come with it are read and, as their names depend on the objects around them, not written.
struct ModelGardenBERT: EncoderDialect {
  private let table = NameTable(Self.entries)

  var name: String { "model-garden-bert" }
  var summary: String {
    "TensorFlow model garden: model/layer_with_weights-4/_attention_layer/_query_dense/kernel/…"
  }
  var encoderFamilies: [EncoderFamily] { [.bert] }
  var styles: [NameStyle] { [.flat] }

  private static let numbered = "layer_with_weights-"
  private static let ending = "/.ATTRIBUTES/VARIABLE_VALUE"

  func meanings(of names: [String]) -> Meanings {
    let paths = names.map { Self.path($0[...]) }
    let isTask = paths.contains { $0.hasPrefix("\(Self.numbered)0/\(Self.numbered)") }
    let isPretraining = paths.contains { $0 == "\(Self.numbered)2/embedding_table" }
    let matches = paths.map { path -> NameTable.Match? in
      let attributes =
        isTask
        ? Self.inTask(path, isPretraining: isPretraining) : Self.attributes(of: path)
      return attributes.flatMap { table.match($0[...]) }
    }
    let meanings = zip(paths, matches.numbered()).map { path, match -> Meaning? in
      guard let match else { return nil }
      // The masked language model's table is the word embedding, and often the only name of it.
      let isShared = path.without(suffix: "/embedding_table") != nil
      return isShared
        ? .copy(match.role, match.layout) : .parameter(match.role, match.layout)
    }
    return Meanings(meanings)
  }

  func place(
    of role: Role, in architecture: EncoderArchitecture, style: NameStyle
  ) -> NamedPlace? {
    guard styles.contains(style), encoderFamilies.contains(architecture.family),
      !role.module.isHead, var place = table.place(of: role, in: architecture)
    else { return nil }
    let (number, depth) =
      switch role.module {
      case .embedding(.word): (0, 1)
      case .embedding(.position): (1, 1)
      case .embedding(.type): (2, 1)
      case .embedding: (3, 1)
      case .layer(let index, _): (Self.firstLayer + index, 2)
      default: (Self.firstLayer + architecture.storedLayers, 1)
      }
    let below = place.name.split(separator: "/").dropFirst(depth).joined(separator: "/")
    place.name = "model/\(Self.numbered)\(number)/\(below)\(Self.ending)"
    return place
  }
}

extension ModelGardenBERT {
  private static let firstLayer = 4

  /// The path of a variable below the model, or the encoder, that was saved.
  private static func path(_ name: Substring) -> Substring {
    var path = name.without(suffix: ending) ?? name
    for _ in 0..<3 {
      let inner =
        path.without(prefix: "model/") ?? path.without(prefix: "encoder/")
        ?? path.without(prefix: "encoder_network/")
      guard let inner else { break }
      path = inner
    }
    return path
  }

  /// A path by the attributes of BertEncoderV2.
  private static func attributes(of path: Substring) -> String? {
    guard let (number, below) = number(of: path) else { return String(path) }
    switch number {
    case 0: return "_embedding_layer/\(below)"
    case 1: return "_position_embedding_layer/\(below)"
    case 2: return "_type_embedding_layer/\(below)"
    case 3: return "_embedding_norm_layer/\(below)"
    default:
      let isPooler = below == "kernel" || below == "bias"
      return isPooler
        ? "_pooler_layer/\(below)" : "_transformer_layers/\(number - firstLayer)/\(below)"
    }
  }

  /// The same of a path in a model that has the encoder as its first layer, and its heads as others.
  private static func inTask(_ path: Substring, isPretraining: Bool) -> String? {
    guard let (number, below) = number(of: path) else { return nil }
    switch number {
    case 0: return attributes(of: below)
    case 1:
      if let below = below.without(prefix: "\(numbered)0/") {
        return isPretraining ? "next_sentence/\(below)" : "span/\(below)"
      }
      return "classifier/\(below.without(prefix: "out_proj/") ?? below)"
    case 2: return "masked_lm/\(below)"
    default: return nil
    }
  }

  /// The number of a layer that has weights, and the path within it.
  private static func number(of path: Substring) -> (Int, Substring)? {
    guard let rest = path.without(prefix: numbered), let below = rest.withoutFirstComponent else {
      return nil
    }
    let digits = CollapsedName(rest.firstComponent)
    guard digits.key == "#", let number = digits.numbers.first ?? nil else { return nil }
    return (number, below)
  }

  private static let entries: [NameTable.Entry] =
    embedding("_embedding_layer/embeddings", .word)
    + embedding("_position_embedding_layer/embeddings", .position)
    + embedding("_type_embedding_layer/embeddings", .type)
    + embedding("masked_lm/embedding_table", .word)
    + norm("_embedding_norm_layer", .embedding(.norm))
    + dense("\(layer)/_attention_layer/_query_dense", .layer(.query), .headsOut, .headsBias)
    + dense("\(layer)/_attention_layer/_key_dense", .layer(.key), .headsOut, .headsBias)
    + dense("\(layer)/_attention_layer/_value_dense", .layer(.value), .headsOut, .headsBias)
    + dense("\(layer)/_attention_layer/_output_dense", .layer(.attentionOutput), .headsIn)
    // As the layer was before it took over Keras's attention.
    + dense("\(layer)/_attention_output_dense", .layer(.attentionOutput), .headsIn)
    + norm("\(layer)/_attention_layer_norm", .layer(.attentionNorm))
    + dense("\(layer)/_intermediate_dense", .layer(.intermediate))
    + dense("\(layer)/_output_dense", .layer(.output))
    + norm("\(layer)/_output_layer_norm", .layer(.outputNorm))
    + dense("_pooler_layer", .pooler)
    + dense("masked_lm/dense", .head(.maskedTransform))
    + norm("masked_lm/layer_norm", .head(.maskedNorm))
    // A slash in the name of an attribute is written as ".S".
    + [NameTable.Entry("masked_lm/output_bias.Sbias", Role(.head(.maskedDecoder), .bias))]
    + dense("next_sentence", .head(.nextSentence)) + dense("span", .head(.questionAnswering))
    + dense("classifier", .head(.classifier))

  private static let layer = "_transformer_layers/{layer}"

  private static func embedding(_ path: String, _ part: EmbeddingModule) -> [NameTable.Entry] {
    [NameTable.Entry(path, Role(.embedding(part), .weight))]
  }

  private static func dense(
    _ path: String, _ module: Module, _ kernel: Layout = .transposed, _ bias: Layout = .asIs
  ) -> [NameTable.Entry] {
    [
      NameTable.Entry("\(path)/kernel", Role(module, .weight), kernel),
      NameTable.Entry("\(path)/bias", Role(module, .bias), bias),
    ]
  }

  private static func norm(_ path: String, _ module: Module) -> [NameTable.Entry] {
    [
      NameTable.Entry("\(path)/gamma", Role(module, .weight)),
      NameTable.Entry("\(path)/beta", Role(module, .bias)),
    ]
  }
}
