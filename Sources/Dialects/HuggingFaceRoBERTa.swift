import Checkpoints

extension HuggingFaceFamily {
  /// `transformers/models/roberta/modeling_roberta.py` and `xlm_roberta`, which has the same names.
  ///
  /// The order is that of TensorFlow's model, which declares its embeddings last.
  static let roberta = HuggingFaceFamily(
    name: "roberta", families: [.roberta, .xlmRoberta], backbone: "roberta",
    rows: bertLayerRows + [.linear("pooler.dense", .pooler)] + embeddingRows + [
      .tensor("lm_head.bias", .head(.maskedDecoder), .bias),
      .linear("lm_head.dense", .head(.maskedTransform)),
      .norm("lm_head.layer_norm", .head(.maskedNorm)),
      .tied("lm_head.decoder.weight", .head(.maskedDecoder), .weight),
      .tied("lm_head.decoder.bias", .head(.maskedDecoderCopy), .bias),
      .linear("classifier.dense", .head(.classifierDense)),
      .linear("classifier.out_proj", .head(.classifier), with: [.sequenceClassification]),
      .linear("classifier", .head(.classifier)),
      .linear("qa_outputs", .head(.questionAnswering)),
    ])
}
