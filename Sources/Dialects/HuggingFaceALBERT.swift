import Checkpoints

extension HuggingFaceFamily {
  /// `transformers/models/albert/modeling_albert.py`: layers are stored once per group and run often.
  static let albert = HuggingFaceFamily(
    name: "albert", families: [.albert], backbone: "albert",
    rows: embeddingRows + [
      .linear("encoder.embedding_hidden_mapping_in", .embedding(.projection)),
      .linear(inner + "attention.query", .layer(.query)),
      .linear(inner + "attention.key", .layer(.key)),
      .linear(inner + "attention.value", .layer(.value)),
      .linear(inner + "attention.dense", .layer(.attentionOutput)),
      .norm(inner + "attention.LayerNorm", .layer(.attentionNorm)),
      .linear(inner + "ffn", .layer(.intermediate)),
      .linear(inner + "ffn_output", .layer(.output)),
      .norm(inner + "full_layer_layer_norm", .layer(.outputNorm)),
      .linear("pooler", .pooler),
      .tensor("predictions.bias", .head(.maskedDecoder), .bias),
      .tied("predictions.decoder.weight", .head(.maskedDecoder), .weight),
      .tensor("predictions.decoder.bias", .head(.maskedDecoderCopy), .bias),
      .linear("predictions.dense", .head(.maskedTransform)),
      .norm("predictions.LayerNorm", .head(.maskedNorm)),
      .linear("sop_classifier.classifier", .head(.nextSentence)),
      .linear("classifier", .head(.classifier)),
      .linear("qa_outputs", .head(.questionAnswering)),
    ])

  private static let inner = "encoder.albert_layer_groups.{group}.albert_layers.{inner}."
}
