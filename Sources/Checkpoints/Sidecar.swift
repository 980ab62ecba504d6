/// A file that belongs to a model beside its weights: its configuration, vocabulary, tokenizer, labels.
public struct Sidecar: Sendable, Equatable {
  /// Relative to the model's folder, such as `1_Pooling/config.json`.
  public var name: String
  public var path: String

  public init(name: String, path: String) {
    self.name = name
    self.path = path
  }

  /// The names under which sidecars lie in a model's folder.
  package static let knownNames = [
    "config.json", "generation_config.json", "vocab.txt", "vocab.json", "merges.txt",
    "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "sentencepiece.bpe.model",
    "spiece.model", "special_tokens_map.json", "added_tokens.json", "modules.json",
    "sentence_bert_config.json", "config_sentence_transformers.json", "1_Pooling/config.json",
    "2_Normalize/config.json", "labels.txt",
  ]
}
