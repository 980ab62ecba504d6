import Checkpoints

/// The variables of google-research/bert in TensorFlow 1 (`modeling.py`, `run_pretraining.py`, `run_classifier.py`, `run_squad.py`), such as
/// `bert/encoder/layer_0/attention/self/query/kernel`.
///
/// Kernels are transposed. The `output_weights` of heads are not, and those of a classifier stand outside of any scope. What
/// Keras calls a norm, `layer_normalization_7`, is read as `LayerNorm` wherever it stands, and `:0` at the end is left out.
struct GoogleBERT: TableDialect {
  let table = NameTable(Self.entries)

  var name: String { "google-bert" }
  var summary: String {
    "Google, TensorFlow 1: bert/encoder/layer_0/attention/self/query/kernel"
  }
  var encoderFamilies: [EncoderFamily] { [.bert] }
  var styles: [NameStyle] { [.flat] }

  func meanings(of names: [String]) -> Meanings {
    let matches = names.map { table.match(Self.usual($0[...])) }
    return Meanings(
      matches.numbered().map { match in match.map { .parameter($0.role, $0.layout) } })
  }

  /// The name as `modeling.py` would have it.
  private static func usual(_ name: Substring) -> Substring {
    let name = name.without(suffix: ":0") ?? name
    let components = name.split(separator: "/", omittingEmptySubsequences: false)
    guard components.contains(where: isKerasNorm) else { return name }
    return components.map { isKerasNorm($0) ? "LayerNorm" : $0 }.joined(separator: "/")[...]
  }

  private static func isKerasNorm(_ component: Substring) -> Bool {
    guard let rest = component.without(prefix: "layer_normalization") else { return false }
    return rest.isEmpty || CollapsedName(rest).key == "_#"
  }
}

extension GoogleBERT {
  private static let entries: [NameTable.Entry] =
    embedding("word_embeddings", .word) + embedding("token_type_embeddings", .type)
    + embedding("position_embeddings", .position)
    + norm("bert/embeddings/LayerNorm", .embedding(.norm))
    + dense("\(layer)/attention/self/query", .layer(.query))
    + dense("\(layer)/attention/self/key", .layer(.key))
    + dense("\(layer)/attention/self/value", .layer(.value))
    + dense("\(layer)/attention/output/dense", .layer(.attentionOutput))
    + norm("\(layer)/attention/output/LayerNorm", .layer(.attentionNorm))
    + dense("\(layer)/intermediate/dense", .layer(.intermediate))
    + dense("\(layer)/output/dense", .layer(.output))
    + norm("\(layer)/output/LayerNorm", .layer(.outputNorm))
    + dense("bert/pooler/dense", .pooler)
    + dense("cls/predictions/transform/dense", .head(.maskedTransform))
    + norm("cls/predictions/transform/LayerNorm", .head(.maskedNorm))
    + [NameTable.Entry("cls/predictions/output_bias", Role(.head(.maskedDecoder), .bias))]
    + output("cls/seq_relationship/", .nextSentence) + output("cls/squad/", .questionAnswering)
    + output("", .classifier)

  private static let layer = "bert/encoder/layer_{layer}"

  private static func embedding(_ name: String, _ part: EmbeddingModule) -> [NameTable.Entry] {
    [NameTable.Entry("bert/embeddings/\(name)", Role(.embedding(part), .weight))]
  }

  private static func dense(_ path: String, _ module: Module) -> [NameTable.Entry] {
    [
      NameTable.Entry("\(path)/kernel", Role(module, .weight), .transposed),
      NameTable.Entry("\(path)/bias", Role(module, .bias)),
    ]
  }

  private static func norm(_ path: String, _ module: Module) -> [NameTable.Entry] {
    [
      NameTable.Entry("\(path)/gamma", Role(module, .weight)),
      NameTable.Entry("\(path)/beta", Role(module, .bias)),
    ]
  }

  /// A head made of variables alone, `[out, in]` as in PyTorch.
  private static func output(_ scope: String, _ head: HeadModule) -> [NameTable.Entry] {
    [
      NameTable.Entry("\(scope)output_weights", Role(.head(head), .weight)),
      NameTable.Entry("\(scope)output_bias", Role(.head(head), .bias)),
    ]
  }
}
