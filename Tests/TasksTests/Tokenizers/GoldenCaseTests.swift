import Documents
import TestSupport
import Testing

@testable import Tasks

/// Hard texts and every kind of call, against the genuine library.
@Suite struct GoldenCaseTests {
  @Test(arguments: [
    ("bert-tiny", "bert-tiny"), ("sst2-tiny", "sst2-tiny"),
    ("tokenizers/xlm-roberta", "xlm-roberta"), ("tokenizers/albert", "albert"),
    ("tokenizers/roberta", "roberta"),
  ])
  func encodesAsTheGenuineLibrary(_ folder: String, _ golden: String) throws {
    let tokenizer = try Tokenizer(folder: Places.sample(folder))
    let cases = try GoldenCase.read(golden)
    #expect(cases.count > 150)
    for one in cases { try one.check(tokenizer) }
  }

  @Test func vocabularyAndDocumentMakeTheSameTokenizer() throws {
    for (sample, names) in [
      ("bert-tiny", ["vocab.txt", "tokenizer_config.json", "special_tokens_map.json"]),
      ("sst2-tiny", ["vocab.txt", "tokenizer_config.json"]),
    ] {
      let folder = try TemporaryFolder()
      for name in names { _ = try folder.file(name, bytes(of: Places.sample("\(sample)/\(name)"))) }
      let tokenizer = try Tokenizer(folder: folder.path)
      let whole = try Tokenizer(folder: Places.sample(sample))
      #expect(tokenizer.specialTokens == whole.specialTokens)
      #expect(tokenizer.vocabularySize == whole.vocabularySize)
      for one in try GoldenCase.read(sample) { try one.check(tokenizer) }
    }
  }

  /// Each kind of normalizer, pre-tokenizer, model and post-processor on its own.
  @Test func everyPartDoesAsTheGenuineOne() throws {
    let document = try JSON.read(Places.sample("tokenizers/parts.json"))
    let parts = try #require(document["parts"]?.members)
    let cases = try Dictionary(grouping: GoldenCase.read("parts")) { $0.call["part"]?.string ?? "" }
    #expect(parts.count > 50)
    for (name, part) in parts {
      let model = try #require(document["models"]?[part["model"]?.string ?? ""])
      let members = (part.members ?? []).filter { $0.key != "model" } + [("model", model)]
      let folder = try TemporaryFolder()
      _ = try folder.file("tokenizer.json", [UInt8](JSON.object(members).text().utf8))
      let tokenizer = try Tokenizer(folder: folder.path)
      for one in try #require(cases[name]) { try one.check(tokenizer, "\(name)") }
    }
  }
}
