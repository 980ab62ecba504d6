/// SentencePiece's unigram language model: of all ways to cut a word into tokens the likeliest, found
/// by dynamic programming over its bytes.
///
/// Source: Kudo (2018).
struct UnigramModel {
  let vocabulary: Vocabulary
  /// The logarithm of the probability of each id.
  let scores: [Double]
  let unknown: Int32
  private let unknownScore: Double
  /// For each byte the token `<0x…>` that stands for it in what is unknown; none if one is lacking.
  let byteTokens: [Int32]

  /// How much less likely a scalar that is no token is than the least likely token.
  private static let unknownPenalty = 10.0

  /// - Parameter scores: one for each id.
  init(
    _ vocabulary: Vocabulary, scores: [Double], unknown: Int32, byteTokens: [Int32]
  ) {
    self.vocabulary = vocabulary
    self.scores = scores
    self.unknown = unknown
    self.byteTokens = byteTokens
    unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
  }

  /// The best way to a position in the word.
  struct Step {
    var score = 0.0
    /// Where the way's last token begins; −1 where no way leads.
    var start = -1
    var id: Int32 = 0
  }

  func tokenize(
    _ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ reader: Vocabulary.Reader,
    _ steps: inout [Step], _ emit: (Int32, Range<Int>) -> Void
  ) {
    search(text, word, reader, &steps)
    for piece in path(steps, word.count) {
      let range = word.lowerBound + piece.lowerBound..<word.lowerBound + piece.upperBound
      var hash = reader.start
      for index in range { hash = reader.hash(hash, text[index]) }
      if let id = reader.id(hash, text, range) {
        emit(id, range)
      } else if byteTokens.isEmpty {
        emit(unknown, range)
      } else {
        for index in range { emit(byteTokens[Int(text[index])], range) }
      }
    }
  }

  private func search(
    _ text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ reader: Vocabulary.Reader,
    _ steps: inout [Step]
  ) {
    steps.removeAll(keepingCapacity: true)
    steps.append(contentsOf: repeatElement(Step(), count: word.count + 1))
    var start = word.lowerBound
    while start < word.upperBound {
      let here = steps[start - word.lowerBound].score
      let length = UTF8Scalar.length(of: text[start])
      var isKnown = false
      func reach(_ end: Int, _ score: Double, _ id: Int32) {
        let step = end - word.lowerBound
        if steps[step].start < 0 || score > steps[step].score {
          steps[step] = Step(score: score, start: start - word.lowerBound, id: id)
        }
      }
      var hash = reader.start
      for index in start..<min(word.upperBound, start + vocabulary.longest) {
        hash = reader.hash(hash, text[index])
        let end = index + 1
        guard end == word.upperBound || UTF8Scalar.begins(text[end]),
          let id = reader.id(hash, text, start..<end)
        else { continue }
        reach(end, here + scores[Int(id)], id)
        if end - start == length { isKnown = true }
      }
      if !isKnown { reach(min(word.upperBound, start + length), here + unknownScore, unknown) }
      start += length
    }
  }

  /// The pieces of the best way, unknown ones in a row as one.
  private func path(_ steps: [Step], _ count: Int) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var end = count
    var lastIsUnknown = false
    while end > 0, steps[end].start >= 0 {
      let start = steps[end].start
      let isUnknown = steps[end].id == unknown
      if isUnknown, lastIsUnknown, let last = pieces.last {
        pieces[pieces.count - 1] = start..<last.upperBound
      } else {
        pieces.append(start..<end)
      }
      (end, lastIsUnknown) = (start, isUnknown)
    }
    return pieces.reversed()
  }
}
