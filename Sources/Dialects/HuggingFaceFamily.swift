import Checkpoints

/// What Hugging Face calls the modules of one family of models: one table, from which the names of
/// its PyTorch files and those of its TensorFlow files both follow.
struct HuggingFaceFamily: Sendable {
  /// The name of the PyTorch dialect; that of the TensorFlow one has `tf-` before it.
  let name: String
  let families: [EncoderFamily]
  /// The attribute under which models with a head hold the encoder, such as `bert`.
  let backbone: String
  /// In the order in which TensorFlow's model declares them, since Keras loads by order.
  let rows: [NameRow]

  /// The name that Keras makes of the class of a TensorFlow model, such as
  /// `tf_bert_for_pre_training` of `TFBertForPreTraining`; Keras does not part `TFXLM`.
  static func scope(of architecture: EncoderArchitecture) -> String {
    let family =
      switch architecture.family {
      case .bert: "tf_bert"
      case .roberta: "tf_roberta"
      case .xlmRoberta: "tfxlm_roberta"
      case .distilbert: "tf_distil_bert"
      case .electra: "tf_electra"
      case .albert: "tf_albert"
      }
    let head =
      switch architecture.head {
      case .none: "model"
      case .preTraining, .replacedTokenDetection: "for_pre_training"
      case .maskedLanguageModel: "for_masked_lm"
      case .nextSentence: "for_next_sentence_prediction"
      case .sequenceClassification: "for_sequence_classification"
      case .tokenClassification: "for_token_classification"
      case .questionAnswering: "for_question_answering"
      case .multipleChoice: "for_multiple_choice"
      }
    return "\(family)_\(head)"
  }

  /// The rows of an encoder's layers, which BERT, RoBERTa and ELECTRA name alike.
  static let bertLayerRows: [NameRow] = [
    .linear("encoder.layer.{layer}.attention.self.query", .layer(.query)),
    .linear("encoder.layer.{layer}.attention.self.key", .layer(.key)),
    .linear("encoder.layer.{layer}.attention.self.value", .layer(.value)),
    .linear("encoder.layer.{layer}.attention.output.dense", .layer(.attentionOutput)),
    .norm("encoder.layer.{layer}.attention.output.LayerNorm", .layer(.attentionNorm)),
    .linear("encoder.layer.{layer}.intermediate.dense", .layer(.intermediate)),
    .linear("encoder.layer.{layer}.output.dense", .layer(.output)),
    .norm("encoder.layer.{layer}.output.LayerNorm", .layer(.outputNorm)),
  ]

  /// The rows of embeddings, which all families name alike.
  static let embeddingRows: [NameRow] = [
    .embedding("embeddings.word_embeddings", .word),
    .embedding("embeddings.token_type_embeddings", .type),
    .embedding("embeddings.position_embeddings", .position),
    .norm("embeddings.LayerNorm", .embedding(.norm)),
  ]
}
