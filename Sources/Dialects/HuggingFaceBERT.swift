import Checkpoints

extension HuggingFaceFamily {
  /// `transformers/models/bert/modeling_bert.py`.
  static let bert = HuggingFaceFamily(
    name: "bert", families: [.bert], backbone: "bert",
    rows: embeddingRows + bertLayerRows + [
      .linear("pooler.dense", .pooler),
      .linear("cls.seq_relationship", .head(.nextSentence)),
      .tensor("cls.predictions.bias", .head(.maskedDecoder), .bias),
      .linear("cls.predictions.transform.dense", .head(.maskedTransform)),
      .norm("cls.predictions.transform.LayerNorm", .head(.maskedNorm)),
      .tied("cls.predictions.decoder.weight", .head(.maskedDecoder), .weight),
      .tied("cls.predictions.decoder.bias", .head(.maskedDecoderCopy), .bias),
      .linear("classifier", .head(.classifier)),
      .linear("qa_outputs", .head(.questionAnswering)),
    ])
}
