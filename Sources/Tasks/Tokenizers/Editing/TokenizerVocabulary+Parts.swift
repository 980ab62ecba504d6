extension TokenizerVocabulary {
  /// The tokens that have a part of their own.
  package var specialTokens: Tokenizer.SpecialTokens { tokenizer.specialTokens }

  /// Whether the text is lower-cased as BERT's uncased models have it.
  package var lowercases: Bool {
    if case .bert(let normalizer) = tokenizer.normalizer { normalizer.lowercases } else { false }
  }

  /// What a token begins with that goes on with a word; nil unless words are cut by WordPiece.
  package var continuationPrefix: String? {
    guard case .wordPiece(let model) = tokenizer.model else { return nil }
    return String(decoding: model.prefix, as: UTF8.self)
  }
}
