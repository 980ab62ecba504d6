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

  /// Appends the tokens of all pieces.
  ///
  /// - Parameters:
  ///   - original: the whole text that the pieces were made from.
  ///   - isWord: whether all pieces are of one word.
  func tokenize(
    _ list: PieceList, of original: UnsafeBufferPointer<UInt8>, isWord: Bool,
    into output: inout TokenBuffer
  ) {
    var scratch = Scratch()
    vocabulary.withReader { reader in
      list.text.bytes.withUnsafeBufferPointer { bytes in
        for piece in list.pieces {
          if piece.isText {
            tokenize(bytes, piece.range, reader, &scratch) { id, range in
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
  }

  @inline(__always) private func tokenize(
    _ bytes: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ reader: Vocabulary.Reader,
    _ scratch: inout Scratch, _ emit: (Int32, Range<Int>) -> Void
  ) {
    switch self {
    case .wordPiece(let model): model.tokenize(bytes, word, reader, emit)
    case .bytePair(let model): model.tokenize(bytes, word, reader, &scratch.symbols, emit)
    case .unigram(let model): model.tokenize(bytes, word, reader, &scratch.steps, emit)
    }
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
