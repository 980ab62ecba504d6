import Checkpoints

extension HuggingFaceFamily {
  /// `transformers/models/distilbert/modeling_distilbert.py`.
  static let distilbert = HuggingFaceFamily(
    name: "distilbert", families: [.distilbert], backbone: "distilbert",
    rows: embeddingRows.filter { $0.module != .embedding(.type) } + [
      .linear("transformer.layer.{layer}.attention.q_lin", .layer(.query)),
      .linear("transformer.layer.{layer}.attention.k_lin", .layer(.key)),
      .linear("transformer.layer.{layer}.attention.v_lin", .layer(.value)),
      .linear("transformer.layer.{layer}.attention.out_lin", .layer(.attentionOutput)),
      .norm("transformer.layer.{layer}.sa_layer_norm", .layer(.attentionNorm)),
      .linear("transformer.layer.{layer}.ffn.lin1", .layer(.intermediate)),
      .linear("transformer.layer.{layer}.ffn.lin2", .layer(.output)),
      .norm("transformer.layer.{layer}.output_layer_norm", .layer(.outputNorm)),
      .linear("vocab_transform", .head(.maskedTransform)),
      .norm("vocab_layer_norm", .head(.maskedNorm)),
      .tensor("vocab_projector.bias", .head(.maskedDecoder), .bias),
      .tied("vocab_projector.weight", .head(.maskedDecoder), .weight),
      .linear("pre_classifier", .head(.classifierDense)),
      .linear("classifier", .head(.classifier)),
      .linear("qa_outputs", .head(.questionAnswering)),
    ])
}
