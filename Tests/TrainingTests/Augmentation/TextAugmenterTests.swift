import Recipes
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct TextAugmenterTests {
  private let folders = GoldenFolders()
  private let texts = [
    "a gripping film with a warm heart", "the plot is dull", "", "it was what it was",
    "an uncompromisingly well-made melodrama", "great great great great",
  ]

  private func items(_ texts: [String]) -> [TextAugmenter.Item] {
    texts.enumerated().map { TextAugmenter.Item($1, example: $0) }
  }

  private func settings(
    copies: Int = 8, candidates: Int = 5, probability: Double = 0.4, seed: UInt64 = 1
  ) -> AugmentationSettings {
    var settings = AugmentationSettings()
    (settings.copies, settings.candidates) = (copies, candidates)
    (settings.probability, settings.seed) = (probability, seed)
    return settings
  }

  @Test func copiesDifferFromTheirTextAndFromOneAnother() throws {
    let found = try folders.augmenter("sst2-tiny", settings()).copies(of: items(texts))
    for (text, copies) in zip(texts, found) {
      #expect(Set(copies + [text]).count == copies.count + 1 && copies.count <= 8)
    }
    #expect(found[0].count > 4 && found[2].isEmpty && found[3].isEmpty)
  }

  @Test func whatATextBecomesDependsOnItselfAlone() throws {
    let together = try folders.augmenter("sst2-tiny", settings(), threads: 3)
      .copies(of: items(texts))
    let alone = try folders.augmenter("sst2-tiny", settings())
    for (item, expected) in zip(items(texts), together).reversed() {
      #expect(try alone.copies(of: [item]) == [expected])
    }
    let other = try folders.augmenter("sst2-tiny", settings(seed: 2)).copies(of: items(texts))
    #expect(other[0] != together[0])
    let first = try alone.copies(of: [.init(texts[0], example: 0, part: 0)])
    #expect(try alone.copies(of: [.init(texts[0], example: 0, part: 1)]) != first)
    #expect(try alone.copies(of: [.init(texts[0], example: 1, part: 0)]) != first)
  }

  @Test func threadsAndCompanyChangeNothingOfWhatAModelFinds() throws {
    let texts = ["the film was very good .", "a dull plot and a great end", "a bore", "fun !"]
    let masked = try folders.masked("bert-tiny")
    let one = try folders.augmenter("bert-tiny", masked: masked, settings())
    let many = try folders.augmenter("bert-tiny", masked: masked, settings(), threads: 3)
    let together = try many.copies(of: items(texts))
    #expect(!together[0].isEmpty && !together[3].isEmpty)
    for (item, expected) in zip(items(texts), together) {
      #expect(try one.copies(of: [item]) == [expected])
    }
  }

  @Test func probabilitiesAreKept() throws {
    let never = try folders.augmenter("sst2-tiny", settings(probability: 0))
    #expect(try never.copies(of: items(texts)).allSatisfy(\.isEmpty))
    let always = try folders.augmenter("sst2-tiny", settings(probability: 1))
    let words = ["a", "gripping", "film", "with", "a", "warm", "heart"]
    for copy in try always.copies(of: items([words.joined(separator: " ")]))[0] {
      let same = zip(copy.split(separator: " "), words).map { $0 == $1 }
      #expect(same == [true, false, false, true, true, false, false], "\(copy)")
    }
    // Of 1000 words that may be replaced about 400 are: within four standard deviations.
    let sometimes = try folders.augmenter("sst2-tiny", settings(copies: 1))
    let line = [String](repeating: "film", count: 1000).joined(separator: " ")
    let replaced = try sometimes.copies(of: items([line]))[0][0].split(separator: " ")
      .count { $0 != "film" }
    #expect(abs(replaced - 400) < 62)
  }

  @Test func stopWordsAndTheWordItselfAreNoCandidates() throws {
    let augmenter = try folders.augmenter("sst2-tiny", settings(candidates: 1000))
    let tokenizer = try folders.tokenizer("sst2-tiny")
    let text = ReplaceableText("I should've seen this FILM; it's a film", tokenizer)
    #expect(text.words.map(\.spelling) == ["seen", "film", "film"])
    for (word, found) in zip(text.words, try augmenter.candidates(for: [text])[0]) {
      #expect(found.count == 1000 && Set(found).count == 1000)
      #expect(!found.contains(word.spelling))
      #expect(StopWords.english.isDisjoint(with: found))
      #expect(found.allSatisfy { $0.utf8.allSatisfy { (0x61...0x7A).contains($0) } })
    }
  }

  @Test func moreCandidatesThanWordsAreAllWords() throws {
    let augmenter = try folders.augmenter("bert-tiny", settings(candidates: 1000))
    let text = ReplaceableText("film", try folders.tokenizer("bert-tiny"))
    #expect(try augmenter.candidates(for: [text])[0][0].count == 12)
    let masked = try folders.masked("bert-tiny").candidates(for: [text], count: 1000, threads: 1)
    #expect(masked[0][0]?.count == 12)
  }

  @Test func theBestScoresComeFirst() {
    var best = BestScores(limit: 3)
    for (item, score) in [2, .nan, 5, -1, 5, 3, .nan, 2].enumerated() {
      best.offer(Int32(item), Float(score))
    }
    #expect(best.items == [2, 4, 5] && best.threshold == 3)
    var few = BestScores(limit: 3)
    few.offer(9, -.infinity)
    few.offer(8, -1)
    #expect(few.items == [8])
  }

  @Test func refusesAVocabularyWithoutWords() throws {
    let temporary = try TemporaryFolder()
    _ = try temporary.file(
      "vocab.txt", Array("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\n##s\n".utf8))
    let tokenizer = try Tokenizer(folder: temporary.path)
    let table = try Model.open(Places.sample("bert-tiny")).checkpoint.wordTable()
    let failure = try #require(throws: Failure.self) {
      try WordNeighbours(tokenizer, table, folder: "model")
    }
    #expect("\(failure)".hasPrefix("model: the vocabulary has no whole words"))
    let large = try folders.tokenizer("sst2-tiny")
    let other = try #require(throws: Failure.self) {
      try WordNeighbours(large, table, folder: "model")
    }
    #expect("\(other)" == "model: the vocabulary has 6602 tokens, more than the model's 40 words")
  }
}
