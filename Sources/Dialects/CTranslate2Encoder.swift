import Checkpoints

/// The variables of CTranslate2's encoders (`TransformerEncoderSpec`), such as `encoder/layer_0/ffn/linear_0/weight`.
///
/// Query, key and value of a layer are one linear, `self_attention/linear_0`. There are no heads but BERT's pooler.
struct CTranslate2Encoder: TableDialect {
  let table = NameTable(Self.entries)

  var name: String { "ctranslate2" }
  var summary: String { "CTranslate2, encoders: encoder/layer_0/self_attention/linear_0/weight" }
  var encoderFamilies: [EncoderFamily] { [.bert, .distilbert] }
  var styles: [NameStyle] { [.specification] }

  let packings = ["weight", "bias"].map { kind in
    Packing(
      "/self_attention/linear_0/\(kind)",
      ["query", "key", "value"].map { "/self_attention/\($0)/\(kind)" }, isWritten: true)
  }

  func meanings(of names: [String]) -> Meanings {
    let matches = names.map { table.match($0[...]) }
    return Meanings(matches.numbered().map { $0.map { .parameter($0.role, $0.layout) } })
  }

  private static let entries: [NameTable.Entry] =
    [
      .init("encoder/embeddings_0/weight", Role(.embedding(.word), .weight)),
      .init("encoder/embeddings_1/weight", Role(.embedding(.type), .weight)),
      .init("encoder/position_encodings/encodings", Role(.embedding(.position), .weight)),
    ] + pair("encoder/layernorm_embedding", .embedding(.norm), "gamma", "beta")
    + linears.flatMap { pair("\(layer)/\($0)", .layer($1), "weight", "bias") }
    + pair("\(layer)/self_attention/layer_norm", .layer(.attentionNorm), "gamma", "beta")
    + pair("\(layer)/ffn/layer_norm", .layer(.outputNorm), "gamma", "beta")
    + pair("pooler_dense", .pooler, "weight", "bias")

  private static let layer = "encoder/layer_{layer}"

  private static let linears: [(String, LayerModule)] = [
    ("self_attention/query", .query), ("self_attention/key", .key),
    ("self_attention/value", .value), ("self_attention/linear_1", .attentionOutput),
    ("ffn/linear_0", .intermediate), ("ffn/linear_1", .output),
  ]

  private static func pair(
    _ path: String, _ module: Module, _ weight: String, _ bias: String
  ) -> [NameTable.Entry] {
    [
      .init("\(path)/\(weight)", Role(module, .weight)),
      .init("\(path)/\(bias)", Role(module, .bias)),
    ]
  }
}
