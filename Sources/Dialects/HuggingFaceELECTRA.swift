import Checkpoints

extension HuggingFaceFamily {
  /// `transformers/models/electra/modeling_electra.py`: generators and discriminators.
  static let electra = HuggingFaceFamily(
    name: "electra", families: [.electra], backbone: "electra",
    rows: embeddingRows + [.linear("embeddings_project", .embedding(.projection))]
      + bertLayerRows + [
        .norm("generator_predictions.LayerNorm", .head(.maskedNorm)),
        .linear("generator_predictions.dense", .head(.maskedTransform)),
        .tensor("generator_lm_head.bias", .head(.maskedDecoder), .bias),
        .tied("generator_lm_head.weight", .head(.maskedDecoder), .weight),
        .linear("discriminator_predictions.dense", .head(.discriminatorDense)),
        .linear("discriminator_predictions.dense_prediction", .head(.discriminator)),
        .linear(
          "sequence_summary.summary", .head(.classifierDense), with: [.multipleChoice]),
        .linear("classifier.dense", .head(.classifierDense)),
        .linear("classifier.out_proj", .head(.classifier), with: [.sequenceClassification]),
        .linear("classifier", .head(.classifier)),
        .linear("qa_outputs", .head(.questionAnswering)),
      ])
}
