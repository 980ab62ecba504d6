import Tasks

/// A text and those of its words that may be replaced: plain ones, but for stop words.
struct ReplaceableText: Sendable {
  let text: String
  /// In their order.
  let words: [PlainWord]

  init(_ text: String, _ tokenizer: Tokenizer) {
    let encoding = tokenizer.encode(text, nil, limit: nil)
    self.text = text
    words = tokenizer.plainWords(of: encoding, in: text, count: encoding.ranges.count)
      .filter { !StopWords.english.contains($0.spelling) }
  }

  /// Copies in each of which words have been replaced at random: they differ from the text and from one another.
  ///
  /// - Parameter candidates: of each word; a word without any stays.
  func copies(
    with candidates: [[String]], _ settings: AugmentationSettings,
    _ generator: inout KeyedGenerator
  ) -> [String] {
    var copies: [String] = []
    var seen: Set<String> = [text]
    guard candidates.contains(where: { !$0.isEmpty }) else { return [] }
    for _ in 0..<settings.copies {
      let chosen = candidates.map { some -> String? in
        guard generator.unit() < settings.probability, !some.isEmpty else { return nil }
        return some[generator.below(some.count)]
      }
      let copy = replacing(chosen)
      if seen.insert(copy).inserted { copies.append(copy) }
    }
    return copies
  }

  private func replacing(_ chosen: [String?]) -> String {
    let bytes = Array(text.utf8)
    var copy: [UInt8] = []
    copy.reserveCapacity(bytes.count + 16)
    var position = 0
    for (word, other) in zip(words, chosen) {
      guard let other, word.range.lowerBound >= position else { continue }
      copy += bytes[position..<word.range.lowerBound]
      copy += other.utf8
      position = word.range.upperBound
    }
    copy += bytes[position...]
    return String(decoding: copy, as: UTF8.self)
  }
}
