import Tasks
import Tensors

/// Makes copies of texts in which words stand in others' places (Jiao et al., "TinyBERT", 2020, algorithm 1).
///
/// With a masked-language model a word of one token is replaced by what it finds likely there, and any other by the neighbours of its vector;
/// without one, all are replaced by neighbours. What becomes of a text depends on the seed and on the text's keys, not on the texts around it.
package final class TextAugmenter {
  private let neighbours: WordNeighbours
  private let masked: MaskedWords?
  private let tokenizer: Tokenizer
  private let settings: AugmentationSettings
  private let threads: Int
  /// What has been found for words so far.
  private var known: [String: [String]] = [:]

  /// - Parameter tokenizer: the neighbours', by which words are told apart where there is no masked-language model.
  package init(
    _ neighbours: WordNeighbours, _ tokenizer: Tokenizer, masked: MaskedWords? = nil,
    _ settings: AugmentationSettings, threads: Int
  ) {
    self.neighbours = neighbours
    self.masked = masked
    self.tokenizer = masked?.tokenizer ?? tokenizer
    self.settings = settings
    self.threads = threads
  }

  /// A text, and what tells its random numbers from those of others.
  package struct Item: Sendable {
    package var text: String
    package var example: Int
    /// Which of the example's texts it is, from 0.
    package var part: Int

    package init(_ text: String, example: Int, part: Int = 0) {
      self.text = text
      self.example = example
      self.part = part
    }
  }

  /// The copies of each of some texts, the texts themselves not among them.
  package func copies(of items: [Item]) throws -> [[String]] {
    let texts = try concurrentMap(items, threads: threads) { [tokenizer] in
      ReplaceableText($0.text, tokenizer)
    }
    let candidates = try candidates(for: texts)
    let settings = settings
    return try concurrentMap(Array(items.indices), threads: threads) { index in
      let item = items[index]
      var generator = KeyedGenerator(
        settings.seed, UInt64(item.example), UInt64(item.part), Self.purpose)
      return texts[index].copies(with: candidates[index], settings, &generator)
    }
  }

  /// Tells these random numbers from all others of a seed.
  private static let purpose: UInt64 = 6

  /// The words that may stand in each word's place, the best first.
  func candidates(for texts: [ReplaceableText]) throws -> [[[String]]] {
    let found =
      try masked?.candidates(for: texts, count: settings.candidates, threads: threads)
      ?? texts.map { $0.words.map { _ in nil } }
    try findNeighbours(of: zip(texts, found))
    return zip(texts, found).map { text, found in
      zip(text.words, found).map { word, likely in likely ?? known[word.spelling] ?? [] }
    }
  }

  private func findNeighbours(
    of texts: some Sequence<(ReplaceableText, [[String]?])>
  ) throws {
    var wanted: Set<String> = []
    var spellings: [String] = []
    for (text, found) in texts {
      for (word, likely) in zip(text.words, found) where likely == nil {
        guard known[word.spelling] == nil, wanted.insert(word.spelling).inserted else { continue }
        spellings.append(word.spelling)
      }
    }
    let nearest = try neighbours.nearest(
      to: spellings, count: settings.candidates, threads: threads)
    for (spelling, words) in zip(spellings, nearest) { known[spelling] = words }
  }
}
