import Checkpoints

/// The names of fairseq's RoBERTa (`fairseq/models/roberta/model.py`), such as
/// `encoder.sentence_encoder.layers.0.self_attn.q_proj.weight`.
///
/// The first published files say `decoder` for the encoder and `emb_layer_norm` for the embeddings' norm, and have
/// query, key and value in one `in_proj_weight`. A classifier stands under `classification_heads` and a name that
/// whoever trained it chose. There are neither token types nor a pooler.
struct FairseqRoBERTa: TableDialect {
  let table = NameTable(Self.entries)

  var name: String { "fairseq-roberta" }
  var summary: String {
    "fairseq, RoBERTa: encoder.sentence_encoder.layers.0.self_attn.q_proj.weight"
  }
  var encoderFamilies: [EncoderFamily] { [.roberta, .xlmRoberta] }
  var styles: [NameStyle] { [.flat] }

  let packings = ["weight", "bias"].map { kind in
    Packing(
      ".self_attn.in_proj_\(kind)",
      ["q", "k", "v"].map { ".self_attn.\($0)_proj.\(kind)" }, isWritten: false)
  }

  func meanings(of names: [String]) -> Meanings {
    let matches = names.map { table.match(Self.usual($0[...].withoutWrappers)) }
    return Meanings(matches.numbered().map { $0.map { .parameter($0.role, $0.layout) } })
  }

  /// The name as today's fairseq has it, a classifier's under the usual name.
  private static func usual(_ name: Substring) -> Substring {
    if let rest = name.without(prefix: "decoder.") { return "encoder.\(rest)"[...] }
    guard let rest = name.without(prefix: heads), let dot = rest.firstIndex(of: ".") else {
      return name
    }
    return "\(heads)\(usualHead)\(rest[dot...])"[...]
  }

  private static let heads = "classification_heads."
  private static let usualHead = "sentence_classification_head"
  private static let encoder = "encoder.sentence_encoder."
  private static let layer = "\(encoder)layers.{layer}."

  private static let entries: [NameTable.Entry] =
    [
      .init("\(encoder)embed_tokens.weight", Role(.embedding(.word), .weight)),
      .init("\(encoder)embed_positions.weight", Role(.embedding(.position), .weight)),
    ] + pair("\(encoder)layernorm_embedding", .embedding(.norm))
    + pair("\(encoder)emb_layer_norm", .embedding(.norm), with: [])
    + parts.flatMap { pair("\(layer)\($0)", .layer($1)) }
    + pair("encoder.lm_head.dense", .head(.maskedTransform))
    + pair("encoder.lm_head.layer_norm", .head(.maskedNorm))
    + pair("encoder.lm_head", .head(.maskedDecoder))
    + pair("\(heads)\(usualHead).dense", .head(.classifierDense))
    + pair("\(heads)\(usualHead).out_proj", .head(.classifier), with: [.sequenceClassification])

  private static let parts: [(String, LayerModule)] = [
    ("self_attn.q_proj", .query), ("self_attn.k_proj", .key), ("self_attn.v_proj", .value),
    ("self_attn.out_proj", .attentionOutput), ("self_attn_layer_norm", .attentionNorm),
    ("fc1", .intermediate), ("fc2", .output), ("final_layer_norm", .outputNorm),
  ]

  private static func pair(
    _ path: String, _ module: Module, with heads: Set<Head>? = nil
  ) -> [NameTable.Entry] {
    [
      .init("\(path).weight", Role(module, .weight), heads: heads),
      .init("\(path).bias", Role(module, .bias), heads: heads),
    ]
  }
}
