import Encoders

/// A word of a text that is nothing but letters from a to z, as the tokenizer's normalizer leaves it.
package struct PlainWord: Sendable, Equatable {
  /// In bytes of the text's UTF-8, without white space.
  package let range: Range<Int>
  package let spelling: String
  /// Its tokens among those of its text, special tokens not counted.
  package let tokens: Range<Int>
}

extension Tokenizer {
  /// The word that a token begins or is, if that is nothing but letters from a to z; nil for tokens that continue a word, for special and
  /// for added ones.
  package func plainWord(_ id: Int32) -> String? {
    guard addedContents[id] == nil, !isSpecial(id), let token = model.vocabulary.token(id),
      let word = model.beginning(token), isPlain(word)
    else { return nil }
    return String(word)
  }

  /// The plain words among the first tokens of an encoding.
  ///
  /// - Parameter count: how many tokens, special ones not counted: those of one text.
  package func plainWords(of encoding: Encoding, in text: String, count: Int) -> [PlainWord] {
    let places = encoding.ranges.indices.filter { encoding.ranges[$0] != nil }.prefix(count)
    var text = text
    return text.withUTF8 { bytes in
      var words: [PlainWord] = []
      var start = 0
      while start < places.count {
        var end = start + 1
        while end < places.count, encoding.words[places[end]] == encoding.words[places[start]] {
          end += 1
        }
        if let word = plainWord(encoding, places[start..<end], start..<end, bytes) {
          words.append(word)
        }
        start = end
      }
      return words
    }
  }

  private func plainWord(
    _ encoding: Encoding, _ places: ArraySlice<Int>, _ tokens: Range<Int>,
    _ bytes: UnsafeBufferPointer<UInt8>
  ) -> PlainWord? {
    var spelling = ""
    var range: Range<Int>?
    for (number, place) in places.enumerated() {
      let id = encoding.sequence.ids[place]
      guard addedContents[id] == nil, !isSpecial(id), let part = encoding.ranges[place],
        let token = model.vocabulary.token(id)
      else { return nil }
      spelling += number == 0 ? model.beginning(token) ?? token[...] : model.continuation(token)
      range =
        min(
          part.lowerBound, range?.lowerBound ?? .max)..<max(
          part.upperBound, range?.upperBound ?? 0)
    }
    guard isPlain(spelling[...]), let range else { return nil }
    return PlainWord(range: trimmed(range, bytes), spelling: spelling, tokens: tokens)
  }

  private func isSpecial(_ id: Int32) -> Bool {
    let special = specialTokens
    return [special.mask, special.pad, special.cls, special.sep, special.unk].contains(id)
  }

  private func isPlain(_ word: Substring) -> Bool {
    !word.isEmpty && word.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
  }

  private func trimmed(
    _ range: Range<Int>, _ bytes: UnsafeBufferPointer<UInt8>
  ) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end {
      let (scalar, length) = UTF8Scalar.decode(bytes, at: start)
      guard ScalarClass(of: scalar).contains(.whitespace) else { break }
      start += length
    }
    while end > start {
      let (scalar, length) = UTF8Scalar.before(end, in: bytes)
      guard ScalarClass(of: scalar).contains(.whitespace) else { break }
      end -= length
    }
    return start..<max(start, end)
  }
}

extension SubwordModel {
  /// A token without what marks it as a word's beginning; nil if it continues a word.
  ///
  /// Of a byte-level or SentencePiece vocabulary, the first word of a text may have no mark.
  fileprivate func beginning(_ token: String) -> Substring? {
    if case .wordPiece(let model) = self {
      return !model.prefix.isEmpty && token.utf8.starts(with: model.prefix) ? nil : token[...]
    }
    // The space of byte-level vocabularies, and SentencePiece's.
    guard let first = token.unicodeScalars.first, first == "\u{120}" || first == "\u{2581}" else {
      return nil
    }
    return Substring(token.unicodeScalars.dropFirst())
  }

  /// What a token adds to a word that it continues.
  fileprivate func continuation(_ token: String) -> Substring {
    if case .wordPiece(let model) = self, token.utf8.starts(with: model.prefix) {
      return Substring(token.utf8.dropFirst(model.prefix.count))
    }
    return token[...]
  }
}
