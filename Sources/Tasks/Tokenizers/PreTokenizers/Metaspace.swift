/// The pre-tokenization of SentencePiece: spaces become a visible sign, which begins each word.
struct Metaspace {
  /// When a sign is put before a text that begins with none.
  enum PrependScheme: String, CaseIterable {
    case first, never, always
  }

  var sign: Unicode.Scalar = "\u{2581}"
  var prependScheme = PrependScheme.always
  /// Whether the text is cut before each sign.
  var splits = true

  func apply(to list: inout PieceList) {
    var encoded: [UInt8] = []
    UTF8Scalar.append(sign, to: &encoded)
    list.rewrite { bytes, range, spans, output in
      if prepends(to: bytes, range, spans, encoded) {
        for byte in encoded { output.append(byte, spans(range.lowerBound)) }
      }
      for index in range {
        let span = spans(index)
        if bytes[index] == 0x20 {
          for byte in encoded { output.append(byte, span) }
        } else {
          output.append(bytes[index], span)
        }
      }
    }
    if splits { list.split { bytes, range, output in split(bytes, range, encoded, &output) } }
  }

  private func prepends(
    to bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>,
    _ spans: (Int) -> NormalizedText.Span, _ encoded: [UInt8]
  ) -> Bool {
    if prependScheme == .never || bytes[range.lowerBound] == 0x20 { return false }
    if bytes[range].starts(with: encoded) { return false }
    return prependScheme == .always || spans(range.lowerBound).start == 0
  }

  private func split(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ encoded: [UInt8],
    _ output: inout [PieceList.Piece]
  ) {
    var start = range.lowerBound
    var position = start
    while position < range.upperBound {
      let length = UTF8Scalar.length(of: bytes[position])
      if position > start, length == encoded.count, bytes[position] == encoded[0],
        bytes[position..<range.upperBound].starts(with: encoded)
      {
        output.append(.init(range: start..<position))
        start = position
      }
      position += length
    }
    output.append(.init(range: start..<range.upperBound))
  }
}
