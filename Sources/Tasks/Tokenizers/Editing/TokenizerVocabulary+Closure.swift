extension TokenizerVocabulary {
  /// Merges make a token only of tokens that are there: with a token stay all pairs that become it, and so on. What is left of
  /// the merges then makes the same of every word whose tokens all stay.
  ///
  /// Unigram rates what is unknown by the least likely token, which stays for that.
  public func closure(of ids: [Int]) -> [Int] {
    var found: Set<Int32> = []
    var pending = ids.map { Int32($0) } + [leastLikely].compactMap(\.self)
    while let id = pending.popLast() {
      guard found.insert(id).inserted else { continue }
      pending += parts[id] ?? []
    }
    return found.map { Int($0) }.sorted()
  }

  /// All 256 signs of a byte-level vocabulary, and all bytes where what is unknown is written in these.
  public func alphabet(of ids: [Int]) -> [Int] {
    var scalars: Set<Unicode.Scalar> = []
    if tokenizer.isByteLevel { scalars.formUnion(ByteLevelAlphabet.signs) }
    for id in ids {
      guard let bytes = tokenizer.model.vocabulary.bytes(of: Int32(id)) else { continue }
      scalars.formUnion(String(decoding: bytes, as: UTF8.self).unicodeScalars)
    }
    var found: Set<Int32> = []
    for scalar in scalars {
      for spelling in tokenizer.model.spellings(of: scalar) {
        if let id = tokenizer.model.vocabulary.id(of: spelling) { found.insert(id) }
      }
    }
    found.formUnion(tokenizer.model.byteTokens)
    return found.map { Int($0) }.sorted()
  }
}

extension SubwordModel {
  /// The tokens that a character alone may be: at the beginning of a word, within it, at its end.
  fileprivate func spellings(of scalar: Unicode.Scalar) -> [[UInt8]] {
    var bytes: [UInt8] = []
    UTF8Scalar.append(scalar, to: &bytes)
    switch self {
    case .wordPiece(let model): return [bytes, model.prefix + bytes]
    case .unigram: return [bytes]
    case .bytePair(let model):
      let (prefix, suffix) = (model.settings.continuationPrefix, model.settings.endSuffix)
      return [bytes, prefix + bytes, bytes + suffix, prefix + bytes + suffix]
    }
  }

  /// The tokens of single bytes.
  fileprivate var byteTokens: [Int32] {
    switch self {
    case .wordPiece: []
    case .bytePair(let model): model.settings.byteTokens
    case .unigram(let model): model.byteTokens
    }
  }
}
