/// The keys of GGUF by which llama.cpp describes a BERT (`gguf-py/gguf/constants.py`).
enum GGUFKeys {
  static let architecture = "general.architecture"
  static let fileType = "general.file_type"
  static let layers = "bert.block_count"
  static let positions = "bert.context_length"
  static let hidden = "bert.embedding_length"
  static let intermediate = "bert.feed_forward_length"
  static let heads = "bert.attention.head_count"
  static let normEpsilon = "bert.attention.layer_norm_epsilon"
  static let isCausal = "bert.attention.causal"
  static let pooling = "bert.pooling_type"
  static let labels = "bert.classifier.output_labels"
  static let types = "tokenizer.ggml.token_type_count"
  static let tokenizer = "tokenizer.ggml.model"
  static let tokens = "tokenizer.ggml.tokens"
  static let tokenTypes = "tokenizer.ggml.token_type"
  static let unknownID = "tokenizer.ggml.unknown_token_id"
  /// The spelling is llama.cpp's.
  static let separatorID = "tokenizer.ggml.seperator_token_id"
  static let paddingID = "tokenizer.ggml.padding_token_id"
  static let maskID = "tokenizer.ggml.mask_token_id"
  static let beginningID = "tokenizer.ggml.bos_token_id"
  static let endID = "tokenizer.ggml.eos_token_id"
  /// In files from before `bos_token_id` stood for it.
  static let classID = "tokenizer.ggml.cls_token_id"

  /// The architecture that is meant by all of these.
  static let bert = "bert"
}

/// How a vector of a text is made of those of its tokens, by llama.cpp's numbers.
enum GGUFPooling: Int {
  case none, mean, cls, last
  /// By the classifier.
  case rank
}

/// What a token is, by llama.cpp's numbers.
enum GGUFTokenType: Int32 {
  case normal = 1
  case control = 3
  case unused = 5
}
