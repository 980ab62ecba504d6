import Checkpoints

/// The names of llama.cpp for BERT, such as `blk.0.attn_q.weight` (`gguf-py/gguf/constants.py`,
/// `MODEL_ARCH.BERT`).
///
/// llama.cpp knows an encoder and a classifier of sequences: `cls`, a dense layer with a hyperbolic
/// tangent on the first token, which is what BERT's pooler is, and `cls.output`. Other heads have no place.
struct GGUFBERT: TableDialect {
  let table = NameTable(
    [
      .init("token_embd.weight", Role(.embedding(.word), .weight)),
      .init("position_embd.weight", Role(.embedding(.position), .weight)),
      .init("token_types.weight", Role(.embedding(.type), .weight)),
    ] + pair("token_embd_norm", .embedding(.norm))
      + layers.flatMap { pair("blk.{layer}.\($0)", .layer($1)) } + pair("cls", .pooler)
      + pair("cls.output", .head(.classifier), heads: [.sequenceClassification]))

  private static let layers: [(String, LayerModule)] = [
    ("attn_q", .query), ("attn_k", .key), ("attn_v", .value), ("attn_output", .attentionOutput),
    ("attn_output_norm", .attentionNorm), ("ffn_up", .intermediate), ("ffn_down", .output),
    ("layer_output_norm", .outputNorm),
  ]

  private static func pair(
    _ path: String, _ module: Module, heads: Set<Head>? = nil
  ) -> [NameTable.Entry] {
    [
      .init("\(path).weight", Role(module, .weight), heads: heads),
      .init("\(path).bias", Role(module, .bias), heads: heads),
    ]
  }

  var name: String { "gguf-bert" }
  var summary: String { "llama.cpp, BERT: blk.0.attn_q.weight" }
  var encoderFamilies: [EncoderFamily] { [.bert] }
  var styles: [NameStyle] { [.ggml, .flat] }

  /// Other models of llama.cpp call their embeddings and queries alike.
  func isAnchor(_ role: Role) -> Bool {
    if case .layer(_, .outputNorm) = role.module { true } else { false }
  }

  func meanings(of names: [String]) -> Meanings {
    let matches = names.map { table.match($0[...]) }
    return Meanings(matches.numbered().map { $0.map { .parameter($0.role, $0.layout) } })
  }
}
