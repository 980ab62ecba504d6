import Checkpoints
import Documents
import Tensors
import TestSupport
import Testing

@testable import Tasks

/// Vocabularies with tokens taken out: the files are read again, and give the same tokens under new numbers.
@Suite struct TokenizerVocabularyTests {
  static let samples = [
    "bert-tiny", "sst2-tiny", "tokenizers/albert", "tokenizers/roberta", "tokenizers/xlm-roberta",
  ]

  /// Sentences in which not all of a vocabulary occurs.
  private func sentences() throws -> [String] {
    let reviews = String(decoding: try bytes(of: Places.sample("sentiment/dev.tsv")), as: UTF8.self)
    return reviews.split(separator: "\n").prefix(40).map(String.init) + [
      "Der Film ist großartig, naïve café ĲĲ 汉字 привет мир",
      "one\ttwo  three… 1999 [MASK] <mask> x",
      "emoji 👍🏽 and\u{a0}spaces", "unbelievable antidisestablishmentarianism", "",
    ]
  }

  private func trimmed(
    _ sample: String, _ folder: TemporaryFolder, limit: Int? = nil,
    _ choose: (TokenizerVocabulary, String) throws -> [Int]
  ) throws -> (before: Tokenizer, after: Tokenizer, ids: [Int]) {
    let source = Places.sample(sample)
    let vocabulary = try TokenizerVocabulary(folder: source)
    let corpus = try folder.file(
      "corpus.txt", Array(try sentences().joined(separator: "\n").utf8))
    let ids = try choose(vocabulary, corpus)
    for (name, bytes) in try vocabulary.files(keeping: ids, limit: limit) {
      _ = try folder.file("out/\(name)", bytes)
    }
    return (vocabulary.tokenizer, try Tokenizer(folder: "\(folder.path)/out"), ids)
  }

  /// Those of a corpus, and what they need.
  private func ofCorpus(_ vocabulary: TokenizerVocabulary, _ corpus: String) throws -> [Int] {
    let counts = try vocabulary.frequencies(inFile: corpus, threads: 2)
    let found = counts.indices.filter { counts[$0] > 0 }
    return vocabulary.closure(of: vocabulary.specialIDs + found + vocabulary.alphabet(of: found))
  }

  @Test(arguments: samples)
  func aCorpusGivesTheSameTokens(_ sample: String) throws {
    let folder = try TemporaryFolder()
    let (before, after, ids) = try trimmed(sample, folder, ofCorpus)
    #expect(after.vocabularySize == ids.count)
    if sample != "bert-tiny" { #expect(ids.count < before.vocabularySize * 9 / 10) }
    for (new, old) in ids.enumerated() {
      #expect(after.token(Int32(new)) == before.token(Int32(old)))
    }
    for sentence in try sentences() {
      let expected = before.encode(sentence, sentence, limit: nil)
      let found = after.encode(sentence, sentence, limit: nil)
      #expect(
        found.sequence.ids.map { Int32(ids[Int($0)]) } == expected.sequence.ids, "\(sentence)")
      #expect(found.ranges == expected.ranges)
    }
    #expect(
      after.specialTokens.pad.map { ids[Int($0)] } == before.specialTokens.pad.map { Int($0) })
    #expect(
      after.specialTokens.mask.map { ids[Int($0)] } == before.specialTokens.mask.map { Int($0) })
  }

  /// Nothing is unknown that is written in the characters of what is kept.
  @Test(arguments: samples.dropFirst())
  func whatIsKeptCanBeSpelled(_ sample: String) throws {
    let folder = try TemporaryFolder()
    var letters = ""
    let (_, after, ids) = try trimmed(sample, folder) { vocabulary, _ in
      var found: [Int] = []
      for word in ["movie", "great", "the"] {
        for sign in ["", "\u{2581}", "Ġ"] {
          guard let id = vocabulary.tokenizer.id(of: sign + word) else { continue }
          found.append(Int(id))
          letters += word
        }
      }
      return vocabulary.closure(of: vocabulary.specialIDs + found + vocabulary.alphabet(of: found))
    }
    #expect(letters.count > 2 && ids.count < (sample.hasSuffix("roberta") ? 300 : 60))
    let unlikely = String(letters.reversed()) + letters
    #expect(
      !after.encode(unlikely, limit: nil).sequence.ids.contains { $0 == after.specialTokens.unk })
  }

  @Test(arguments: samples)
  func allTokensInTheirOrderAreTheSameTokenizer(_ sample: String) throws {
    let folder = try TemporaryFolder()
    let (before, after, _) = try trimmed(sample, folder) { vocabulary, _ in
      Array(0..<vocabulary.count)
    }
    for sentence in try sentences() {
      #expect(before.encode(sentence, limit: nil) == after.encode(sentence, limit: nil))
    }
  }

  /// Pieces of a file meet at ends of lines and at spaces, also where a line is longer than a piece.
  @Test func frequenciesDoNotDependOnPiecesAndThreads() throws {
    let folder = try TemporaryFolder()
    let vocabulary = try TokenizerVocabulary(folder: Places.sample("sst2-tiny"))
    let words = ["good ", "bad movie ", "the\n", "film. "]
    var text: [UInt8] = []
    var expected: [String: Int] = [:]
    for index in 0..<200_000 {
      let word = words[index * 7919 % 3 + (index % 50_000 == 0 ? 1 : 0)]
      text += word.utf8
      for token in word.split(whereSeparator: { " .\n".contains($0) }) {
        expected[String(token), default: 0] += 1
      }
    }
    let path = try folder.file("corpus.txt", text)
    #expect(text.count > 1 << 20)
    let alone = try vocabulary.frequencies(inFile: path, threads: 1)
    #expect(try vocabulary.frequencies(inFile: path, threads: 3) == alone)
    for (word, count) in expected {
      #expect(alone[Int(try #require(vocabulary.tokenizer.id(of: word)))] == count)
    }
    let broken = try folder.file("broken.txt", [0xFF, 0x20] + Array("good".utf8) + [0xC3])
    let counts = try vocabulary.frequencies(inFile: broken, threads: 1)
    #expect(counts[Int(try #require(vocabulary.tokenizer.id(of: "good")))] == 1)
  }

  @Test func limitsAreLowered() throws {
    let folder = try TemporaryFolder()
    let (_, after, _) = try trimmed("sst2-tiny", folder, limit: 20, ofCorpus)
    #expect(after.modelLimit == 20)
    let document = try JSON.read("\(folder.path)/out/tokenizer.json")
    #expect(document["truncation"]?["max_length"] == 20)
    let config = try TokenizerVocabulary(folder: "\(folder.path)/out")
    #expect(try config.files(keeping: nil, limit: 30).values.allSatisfy { !$0.isEmpty })
    let raised = try config.files(keeping: nil, limit: 30)["tokenizer_config.json"]
    #expect(String(decoding: raised ?? [], as: UTF8.self).contains("\"model_max_length\": 20"))
  }

  @Test func everyFileThatNamesTokensIsRewritten() throws {
    let folder = try TemporaryFolder()
    for name in ["vocab.txt", "tokenizer.json"] {
      _ = try folder.file(name, try bytes(of: Places.sample("bert-tiny/\(name)")))
    }
    let added = #"{"[PAD]": 0, "[MASK]": 4}"#
    _ = try folder.file("added_tokens.json", Array(added.utf8))
    _ = try folder.file(
      "generation_config.json", Array(#"{"pad_token_id": 0, "eos_token_id": [3]}"#.utf8))
    _ = try folder.file(
      "tokenizer_config.json",
      Array(
        #"{"added_tokens_decoder": {"0": {"content": "[PAD]"}, "4": {"content": "[MASK]"}}, "model_max_length": 1000000000000000019884624838656}"#
          .utf8))
    _ = try folder.file("sentence_bert_config.json", Array(#"{"max_seq_length": 512}"#.utf8))
    let vocabulary = try TokenizerVocabulary(folder: folder.path)
    let files = try vocabulary.files(keeping: [0, 1, 2, 3, 4, 9], limit: 16)
    func json(_ name: String) throws -> JSON {
      try JSON.parse(try #require(files[name]), file: name)
    }
    #expect(try json("added_tokens.json") == ["[PAD]": 0, "[MASK]": 4])
    #expect(try json("generation_config.json") == ["pad_token_id": 0, "eos_token_id": [3]])
    #expect(try json("tokenizer_config.json")["model_max_length"] == 16)
    #expect(try json("sentence_bert_config.json") == ["max_seq_length": 16])
    let lines = String(decoding: try #require(files["vocab.txt"]), as: UTF8.self).split(
      separator: "\n")
    #expect(lines.count == 6)
    #expect(try json("tokenizer.json")["model"]?["vocab"]?[String(lines[5])] == 5)
  }

  /// Usual pieces go, in whatever order their fields are; the rest of the message stays as it is.
  @Test func piecesOfSentencePieceGo() throws {
    func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
      [number << 3 | 2, UInt8(content.count)] + content
    }
    let score: [UInt8] = [0x15, 0, 0, 0x80, 0x3F]
    func piece(_ text: String, _ kind: UInt8? = nil) -> [UInt8] {
      field(1, field(1, Array(text.utf8)) + score + (kind.map { [0x18, $0] } ?? []))
    }
    let trainer = field(2, [0x20, 0x90, 0x03]) + [0x19] + Array("12345678".utf8)
    let unknown = piece("<unk>", 2)
    let file =
      unknown + piece("keep") + piece("go", 1) + trainer + piece("go", 4) + piece("also")
      + piece("")
    let folder = try TemporaryFolder()
    let kept = try SentencePieceFile(try folder.file("spiece.model", file)).keeping {
      $0.elementsEqual("keep".utf8)
    }
    #expect(kept == unknown + piece("keep") + trainer + piece("go", 4))
    for length in 1..<file.count {
      let damaged = try folder.file("damaged.model", Array(file.prefix(length)))
      do {
        let left = try SentencePieceFile(damaged).keeping { _ in true }
        #expect(left == Array(file.prefix(length)))
      } catch let failure as Failure {
        #expect(failure.description.contains("is no file of SentencePiece"))
      }
    }
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<300 {
      let damaged = try folder.file("damaged.model", mutated(file, using: &generator))
      _ = try? SentencePieceFile(damaged).keeping { $0.count > 3 }
    }
  }

  /// Damage is an error or harmless, never a trap.
  @Test(arguments: ["bert-tiny", "tokenizers/albert", "tokenizers/roberta"])
  func damagedFilesDoNotTrap(_ sample: String) throws {
    var generator = SeededGenerator(seed: 7)
    let source = Places.sample(sample)
    let names = [
      "tokenizer.json", "vocab.txt", "vocab.json", "merges.txt", "tokenizer_config.json",
    ]
    let originals = names.compactMap { name in
      (try? bytes(of: "\(source)/\(name)")).map { (name, $0) }
    }
    var read = 0
    for _ in 0..<60 {
      let folder = try TemporaryFolder()
      for (name, original) in originals {
        let bytes = Bool.random(using: &generator) ? mutated(original, using: &generator) : original
        _ = try folder.file(name, bytes)
      }
      do {
        let vocabulary = try TokenizerVocabulary(folder: folder.path)
        let some = stride(from: 0, to: vocabulary.count, by: 3).map { $0 }
        let ids = Set(vocabulary.closure(of: some + vocabulary.specialIDs)).sorted()
        #expect(vocabulary.texts.count == vocabulary.count)
        _ = vocabulary.alphabet(of: ids)
        _ = try vocabulary.files(keeping: ids, limit: 8)
        read += 1
      } catch is Failure {}
    }
    #expect(read > 0)
  }
}
