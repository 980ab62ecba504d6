import Encoders
import Tasks
import Tensors

/// A masked-language model that says which words could stand in a word's place.
///
/// It reads the text with the word masked, and the text itself behind it as a second one, so that it knows the word's meaning. A text and its copy
/// that are longer than the model takes are cut at their end, the copy first.
package struct MaskedWords: Sendable {
  let tokenizer: Tokenizer
  private let encoder: Encoder
  private let path: String
  private let limit: Int
  private let mask: Int32
  /// Tokens that may be found, ascending, and the words that they are.
  private let candidates: [(token: Int32, word: String)]

  /// - Parameter model: reads its masked-language-model head for one token (``Reading/logitsOfToken(_:)``).
  /// - Throws: ``Failure`` if its tokenizer has no mask, or no plain words.
  package init(_ model: TaskModel) throws {
    guard let mask = model.tokenizer.specialTokens.mask else {
      throw Failure(TrainingDataReason.noMask, at: Place(file: model.path))
    }
    let tokenizer = model.tokenizer
    (self.tokenizer, encoder, path, self.mask) = (tokenizer, model.encoder, model.path, mask)
    limit = try model.tokenLimit(nil)
    candidates = (0..<Int32(tokenizer.vocabularySize)).compactMap { id in
      tokenizer.replacement(id).map { (id, $0) }
    }
    guard !candidates.isEmpty else {
      throw Failure(AugmentationReason.noPlainWords, at: Place(file: model.path))
    }
  }

  /// The likeliest words in the place of each word of some texts, the likeliest first, itself left out; nil for words that are not one token,
  /// or lie beyond what the model reads.
  func candidates(
    for texts: [ReplaceableText], count: Int, threads: Int
  ) throws -> [[[String]?]] {
    var questions: [Question] = []
    for (index, text) in texts.enumerated() {
      let frame = PairFrame(tokenizer.encode(text.text, text.text, limit: nil), limit: limit)
      for (number, word) in text.words.enumerated() where word.tokens.count == 1 {
        guard frame.places.indices.contains(word.tokens.lowerBound) else { continue }
        var sequence = frame.sequence
        sequence.readToken = frame.places[word.tokens.lowerBound]
        sequence.ids[sequence.readToken] = mask
        questions.append(
          Question(text: index, word: number, spelling: word.spelling, sequence: sequence))
      }
    }
    let answers = try answers(to: questions, count: count, threads: threads)
    var found = texts.map { $0.words.map { _ in [String]?.none } }
    for (question, answer) in zip(questions, answers) {
      found[question.text][question.word] = answer
    }
    return found
  }

  private struct Question: Sendable {
    var text: Int
    var word: Int
    var spelling: String
    var sequence: TokenSequence
  }

  private func answers(
    to questions: [Question], count: Int, threads: Int
  ) throws -> [[String]] {
    // One more, in case that the word itself is among them.
    let best = try encoder.results(for: questions.map(\.sequence), threads: threads) { output in
      guard output.values.allSatisfy(\.isFinite) else {
        throw Failure(EncoderReason.notFiniteResult, at: Place(file: path))
      }
      var best = BestScores(limit: count + 1)
      for (index, candidate) in candidates.enumerated() {
        best.offer(Int32(index), output.values[Int(candidate.token)])
      }
      return best.items
    }
    return zip(questions, best).map { question, best in
      Array(best.map { candidates[Int($0)].word }.filter { $0 != question.spelling }.prefix(count))
    }
  }
}

/// A text and itself again as a pair of texts, within a limit.
private struct PairFrame {
  private(set) var sequence = TokenSequence(ids: [])
  /// Where the tokens of the first of the two stand, as many of them as fit.
  private(set) var places: [Int] = []

  /// - Parameter pair: of the text with itself, whole.
  init(_ pair: Encoding, limit: Int) {
    let tokens = pair.ranges.count { $0 != nil } / 2
    let room = max(0, limit - (pair.sequence.count - 2 * tokens))
    let first = min(tokens, room)
    let kept = 0..<first
    let keptAgain = tokens..<(tokens + min(tokens, room - first))
    var (ids, types): ([Int32], [Int32]) = ([], [])
    var number = 0
    for (place, range) in pair.ranges.enumerated() {
      if range != nil {
        defer { number += 1 }
        guard kept.contains(number) || keptAgain.contains(number) else { continue }
        if number < first { places.append(ids.count) }
      }
      ids.append(pair.sequence.ids[place])
      types.append(pair.sequence.types[place])
    }
    sequence = TokenSequence(ids: ids, types: types)
  }
}
