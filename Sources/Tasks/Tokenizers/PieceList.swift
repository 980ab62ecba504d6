/// A normalized text cut into pieces: words for the model, and tokens that were found in the text.
struct PieceList {
  var text: NormalizedText
  private(set) var pieces: [Piece] = []

  /// A run of the text's bytes.
  struct Piece {
    var range: Range<Int>
    /// The id of the added token that the piece is; −1 for pieces that are still text.
    var token: Int32 = -1

    var isText: Bool { token < 0 }
  }

  init(_ text: NormalizedText) { self.text = text }

  /// Makes the text one piece; an empty text is none.
  mutating func setWhole() {
    pieces = text.bytes.isEmpty ? [] : [Piece(range: 0..<text.bytes.count)]
  }

  /// Cuts each piece of text into smaller ones.
  mutating func split(_ body: (UnsafeBufferPointer<UInt8>, Range<Int>, inout [Piece]) -> Void) {
    var output: [Piece] = []
    output.reserveCapacity(max(pieces.count, text.bytes.count / 4))
    text.bytes.withUnsafeBufferPointer { bytes in
      for piece in pieces {
        if piece.isText {
          body(bytes, piece.range, &output)
        } else {
          output.append(piece)
        }
      }
    }
    pieces = output
  }

  /// Writes each piece of text anew.
  ///
  /// - Parameter body: called with all bytes, the piece's range among them (never empty), the span of
  ///   each byte, and where to write.
  mutating func rewrite(
    _ body: (
      UnsafeBufferPointer<UInt8>, Range<Int>, (Int) -> NormalizedText.Span,
      inout NormalizedText.TextWriter
    ) -> Void
  ) {
    text.align()
    var output = NormalizedText.TextWriter(capacity: text.bytes.count * 2 + 4)
    var rewritten: [Piece] = []
    rewritten.reserveCapacity(pieces.count)
    text.bytes.withUnsafeBufferPointer { bytes in
      text.spans.withUnsafeBufferPointer { spans in
        for piece in pieces {
          let start = output.bytes.count
          if piece.isText {
            body(bytes, piece.range, { spans[$0] }, &output)
          } else {
            for index in piece.range { output.append(bytes[index], spans[index]) }
          }
          rewritten.append(Piece(range: start..<output.bytes.count, token: piece.token))
        }
      }
    }
    text.replace(with: output)
    pieces = rewritten.filter { !$0.range.isEmpty }
  }
}
