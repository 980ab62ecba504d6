/// The pre-tokenization of GPT-2 and RoBERTa: words with the space before them, their bytes written
/// with the signs of ``ByteLevelAlphabet``.
struct ByteLevel {
  /// Whether a space is put before a text that begins with none.
  var addsPrefixSpace = true
  /// Whether the text is cut into words at all.
  var splits = true

  func apply(to list: inout PieceList, isWord: Bool) {
    if addsPrefixSpace || isWord {
      list.rewrite { bytes, range, spans, output in
        if bytes[range.lowerBound] != 0x20 { output.append(0x20, spans(range.lowerBound)) }
        for index in range { output.append(bytes[index], spans(index)) }
      }
    }
    if splits {
      list.split { bytes, range, output in
        GPT2Pattern.matches(bytes, range) { output.append(.init(range: $0)) }
      }
    }
    list.rewrite { bytes, range, spans, output in
      for index in range {
        let span = spans(index)
        let sign = ByteLevelAlphabet.encoded[Int(bytes[index])]
        output.append(sign.0, span)
        if sign.1 != 0 { output.append(sign.1, span) }
      }
    }
  }
}
