/// How a word is cut into tokens.
enum SubwordModel {
  case wordPiece(WordPieceModel)
  case bytePair(BytePairModel)
  case unigram(UnigramModel)

  var vocabulary: Vocabulary {
    switch self {
    case .wordPiece(let model): model.vocabulary
    case .bytePair(let model): model.vocabulary
    case .unigram(let model): model.vocabulary
    }
  }

  /// How many tokens there are, from which ids of added tokens are counted; Unigram counts equal ones.
  var tokenCount: Int {
    if case .unigram = self { vocabulary.size } else { vocabulary.tokenCount }
  }

  /// Whether finding the tokens of a word costs more than remembering them.
  var usesCache: Bool { if case .wordPiece = self { false } else { true } }

  /// Appends the tokens of all pieces.
  ///
  /// - Parameters:
  ///   - original: the whole text that the pieces were made from.
  ///   - isWord: whether all pieces are of one word.
  func tokenize(
    _ list: PieceList, of original: UnsafeBufferPointer<UInt8>, isWord: Bool,
    _ cache: inout WordCache, into output: inout TokenBuffer
  ) {
    var scratch = Scratch()
    vocabulary.withReader { reader in
      list.text.bytes.withUnsafeBufferPointer { bytes in
        for piece in list.pieces {
          if piece.isText {
            tokenize(bytes, piece.range, reader, &cache, &scratch) { id, range in
              let range = list.text.original(range)
              output.append(id, range)
              if output.trims { trim(id, range, original, &output) }
            }
          } else {
            let range = list.text.original(piece.range)
            output.append(piece.token, range)
            if output.trims {
              let token = UnsafeBufferPointer(rebasing: bytes[piece.range])
              output.append(TrimmedRange(range, token: token, in: original))
            }
          }
          if !isWord { output.word += 1 }
        }
      }
    }
  }

  /// Memory that serves one word after the other.
  private struct Scratch {
    var symbols = SymbolList()
    var steps: [UnigramModel.Step] = []
    var tokens: [WordToken] = []
  }

  @inline(__always) private func tokenize(
    _ bytes: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ reader: Vocabulary.Reader,
    _ cache: inout WordCache, _ scratch: inout Scratch, _ emit: (Int32, Range<Int>) -> Void
  ) {
    if case .wordPiece(let model) = self { return model.tokenize(bytes, word, reader, emit) }
    let place = cache.find(word, in: bytes)
    let start = word.lowerBound
    if let known = place?.tokens {
      for index in known {
        let token = cache.token(at: index)
        emit(token.id, start + token.start..<start + token.end)
      }
      return
    }
    search(bytes, word, reader, &scratch)
    if let place { cache.add(word, in: bytes, scratch.tokens, at: place) }
    for token in scratch.tokens { emit(token.id, start + token.start..<start + token.end) }
  }

  private func search(
    _ bytes: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ reader: Vocabulary.Reader,
    _ scratch: inout Scratch
  ) {
    var tokens = scratch.tokens
    scratch.tokens = []
    tokens.removeAll(keepingCapacity: true)
    let start = word.lowerBound
    func note(_ id: Int32, _ range: Range<Int>) {
      tokens.append(
        WordToken(id: id, start: range.lowerBound - start, end: range.upperBound - start))
    }
    switch self {
    case .wordPiece(let model): model.tokenize(bytes, word, reader, note)
    case .bytePair(let model): model.tokenize(bytes, word, reader, &scratch.symbols, note)
    case .unigram(let model): model.tokenize(bytes, word, reader, &scratch.steps, note)
    }
    scratch.tokens = tokens
  }

  private func trim(
    _ id: Int32, _ range: Range<Int>, _ original: UnsafeBufferPointer<UInt8>,
    _ output: inout TokenBuffer
  ) {
    let token = vocabulary.bytes(of: id) ?? []
    token.withUnsafeBufferPointer {
      output.append(TrimmedRange(range, token: $0, in: original))
    }
  }
}
