/// How a word is cut into tokens.
enum SubwordModel {
  case wordPiece(WordPieceModel)

  var vocabulary: Vocabulary {
    switch self {
    case .wordPiece(let model): model.vocabulary
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
    list.text.bytes.withUnsafeBufferPointer { bytes in
      for piece in list.pieces {
        if piece.isText {
          tokenize(bytes, piece.range) { id, range in
            output.append(id, list.text.original(range))
            if output.trims { trim(id, list.text.original(range), original, &output) }
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

  @inline(__always) private func tokenize(
    _ bytes: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ emit: (Int32, Range<Int>) -> Void
  ) {
    switch self {
    case .wordPiece(let model): model.tokenize(bytes, word, emit)
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
