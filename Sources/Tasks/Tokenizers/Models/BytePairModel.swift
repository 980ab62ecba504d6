/// Byte-pair encoding: the scalars of a word, of which the neighbours are joined that were joined
/// earliest in training, until no two neighbours were.
///
/// Source: Sennrich et al. (2016).
struct BytePairModel {
  let vocabulary: Vocabulary
  let merges: MergeTable
  var settings = Settings()

  struct Settings {
    /// What stands for scalars that are no token; without one they are left out.
    var unknown: Int32?
    /// Whether unknown scalars in a row become one token.
    var fusesUnknown = false
    /// What a scalar's token begins with unless it is the first of its word.
    var continuationPrefix: [UInt8] = []
    /// What the last scalar's token ends with.
    var endSuffix: [UInt8] = []
    /// Whether a word that is a token is taken as it is.
    var ignoresMerges = false
    /// For each byte the token `<0x…>` that stands for it where a scalar is no token.
    var byteTokens: [Int32] = []
  }

  @inline(__always) func tokenize(
    _ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ reader: Vocabulary.Reader,
    _ symbols: inout SymbolList, _ emit: (Int32, Range<Int>) -> Void
  ) {
    if settings.ignoresMerges {
      var hash = reader.start
      for index in word { hash = reader.hash(hash, text[index]) }
      if let id = reader.id(hash, text, word) { return emit(id, word) }
    }
    begin(text, word, reader, &symbols)
    symbols.merge(merges)
    var start = word.lowerBound
    for index in 0..<symbols.count {
      let end = min(word.upperBound, start + symbols.length(at: index))
      emit(symbols.id(at: index), start..<end)
      start = end
    }
  }

  /// The tokens of the scalars themselves.
  private func begin(
    _ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ reader: Vocabulary.Reader,
    _ symbols: inout SymbolList
  ) {
    symbols.removeAll()
    var unknownLength = 0
    var position = word.lowerBound
    while position < word.upperBound {
      let end = min(word.upperBound, position + UTF8Scalar.length(of: text[position]))
      if let id = id(of: position..<end, in: word, text, reader) {
        flush(&unknownLength, &symbols)
        symbols.append(id, length: end - position)
      } else if !appendBytes(text, position..<end, &symbols), settings.unknown != nil {
        if !settings.fusesUnknown { flush(&unknownLength, &symbols) }
        unknownLength += end - position
      }
      position = end
    }
    flush(&unknownLength, &symbols)
  }

  @inline(__always) private func id(
    of scalar: Range<Int>, in word: Range<Int>, _ text: UnsafeBufferPointer<UInt8>,
    _ reader: Vocabulary.Reader
  ) -> Int32? {
    let hasPrefix = scalar.lowerBound > word.lowerBound && !settings.continuationPrefix.isEmpty
    let hasSuffix = scalar.upperBound == word.upperBound && !settings.endSuffix.isEmpty
    if hasPrefix || hasSuffix {
      let token =
        (hasPrefix ? settings.continuationPrefix : []) + text[scalar]
        + (hasSuffix ? settings.endSuffix : [])
      return vocabulary.id(of: token)
    }
    var hash = reader.start
    for index in scalar { hash = reader.hash(hash, text[index]) }
    return reader.id(hash, text, scalar)
  }

  private func flush(_ unknownLength: inout Int, _ symbols: inout SymbolList) {
    guard unknownLength > 0, let unknown = settings.unknown else { return }
    symbols.append(unknown, length: unknownLength)
    unknownLength = 0
  }

  private func appendBytes(
    _ text: UnsafeBufferPointer<UInt8>, _ scalar: Range<Int>, _ symbols: inout SymbolList
  ) -> Bool {
    guard !settings.byteTokens.isEmpty else { return false }
    for index in scalar { symbols.append(settings.byteTokens[Int(text[index])], length: 1) }
    return true
  }
}
