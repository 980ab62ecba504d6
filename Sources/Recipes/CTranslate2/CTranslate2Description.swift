import Checkpoints
import Documents
import Formats
import Tasks
import Tensors

/// What CTranslate2 wants to find beside the weights of an encoder: the numbers of its `TransformerEncoderSpec`, its own `config.json`, and
/// its vocabulary by the order of tokens.
struct CTranslate2Description: ModelDescription {
  private(set) var attributes: [(key: String, value: Attribute)] = []
  private(set) var notes: [Diagnostic] = []
  private(set) var sidecars: [OutputSidecar] = []

  init(of model: Model) throws {
    guard let encoder = model.checkpoint.architecture.encoder else { return }
    attributes = [
      (CTranslate2.specification, .string("TransformerEncoderSpec")),
      (CTranslate2.revision, .uint32(1)),
      ("encoder/num_heads", .int16(Int16(clamping: heads(of: encoder)))),
      ("encoder/activation", .int8(activation(of: model.checkpoint))),
      ("encoder/pre_norm", .bool(false)),
      ("encoder/scale_embeddings", .bool(false)),
      ("encoder/multi_query_attention", .bool(false)),
      // Of words and types: their sum.
      ("encoder/embeddings_merge", .int8(encoder.hasTypes ? 1 : 0)),
    ]
    if model.checkpoint.parameter(Role(.pooler, .weight)) != nil {
      attributes.append(("pooler_activation", .int8(CTranslate2Activation.tanh.rawValue)))
    }
    if let kind = model.checkpoint.configuration?.positionKind, kind != "absolute" {
      doubt("CTranslate2 will take positions of the kind '\(printable(kind))' for absolute ones")
    }
    try describeVocabulary(of: model, encoder)
  }

  private static let vocabulary = "vocabulary.json"

  private mutating func doubt(_ message: String) {
    notes.append(Diagnostic(.warning, .configuration, message))
  }

  private mutating func heads(of encoder: EncoderArchitecture) -> Int {
    let heads = Set(encoder.layers.map(\.heads))
    if heads.contains(nil) {
      doubt("the number of attention heads is not known, without which CTranslate2 runs no model")
    }
    let isWhole = encoder.layers.allSatisfy { $0.attention == encoder.hidden }
    if heads.count > 1 || !isWhole { doubt("layers have lost heads, which CTranslate2 cannot run") }
    return encoder.layers.lazy.compactMap(\.heads).max() ?? 0
  }

  private mutating func activation(of checkpoint: Checkpoint) -> Int8 {
    let name = checkpoint.configuration?.activation ?? "gelu"
    if let known = CTranslate2Activation(name: name) { return known.rawValue }
    doubt("CTranslate2 will run GELU in the place of '\(printable(name))'")
    return CTranslate2Activation.gelu.rawValue
  }

  /// Tokens in the order of their ids; rows of the embedding beyond them have made-up names, as CTranslate2's converter has them.
  private mutating func describeVocabulary(of model: Model, _ encoder: EncoderArchitecture) throws {
    var unknown = "[UNK]"
    let known = ["vocab.txt", "tokenizer.json"]
    if model.sidecars.contains(where: { known.contains($0.name) }) {
      do {
        let foreseen = ForeseenVocabularies()
        let words = try TokenizerVocabulary(folder: try foreseen.holding(model).folder)
        withExtendedLifetime(foreseen) {}
        let tokens = words.tokens
        if let id = words.specialTokens.unk, Int(id) < tokens.count, let token = tokens[Int(id)] {
          unknown = token
        }
        let extra = (0..<max(0, encoder.vocabulary - tokens.count)).map { "<extra_id_\($0)>" }
        let names = tokens.enumerated().map { $1 ?? "<unused_\($0)>" } + extra
        sidecars.append(
          OutputSidecar(name: Self.vocabulary, document: .array(names.map(JSON.string))))
      } catch let failure as Failure {
        doubt("the vocabulary is left out, without which CTranslate2 opens no model: \(failure)")
      }
    } else if exists(joinPath(model.folder, Self.vocabulary)) {
      let file = try InputFile(joinPath(model.folder, Self.vocabulary), access: .read)
      sidecars.append(
        OutputSidecar(name: Self.vocabulary, bytes: try file.bytes(0..<file.byteCount)))
    } else {
      doubt("no vocabulary lies beside the model, without which CTranslate2 opens no model")
    }
    let epsilon =
      encoder.family == .distilbert ? nil : model.checkpoint.configuration?.normEpsilon
    sidecars.append(
      OutputSidecar(
        name: "config.json",
        document: [
          "bos_token": "<s>", "eos_token": "</s>",
          "layer_norm_epsilon": .number(epsilon ?? 1e-12), "multi_query_attention": false,
          "unk_token": .string(unknown),
        ]))
  }
}

/// Functions of the feed-forward network, by CTranslate2's numbers (`include/ctranslate2/ops/activation.h`).
enum CTranslate2Activation: Int8, CaseIterable {
  case relu, geluTanh, swish, gelu, geluSigmoid, tanh, sigmoid

  init?(name: String) {
    guard let known = Self.allCases.first(where: { $0.names.contains(name) }) else { return nil }
    self = known
  }

  /// What configurations call it, the usual name first.
  var names: [String] {
    switch self {
    case .relu: ["relu"]
    case .geluTanh: ["gelu_new", "gelu_fast", "gelu_pytorch_tanh"]
    case .swish: ["silu", "swish"]
    case .gelu: ["gelu", "gelu_python"]
    case .geluSigmoid: ["quick_gelu"]
    case .tanh, .sigmoid: []
    }
  }
}
