import Documents
import TestSupport
import Testing

@testable import Tasks

/// Real sentences in five languages, against the genuine library.
@Suite struct GoldenHashTests {
  @Test(arguments: [
    "bert-base-uncased", "bert-base-cased", "bert-base-multilingual-cased", "roberta-base",
    "xlm-roberta", "albert",
  ])
  func encodesSentencesAsTheGenuineLibrary(_ name: String) throws {
    guard let tokenizer = try GoldenHashes.tokenizer(name) else { return }
    let golden = try GoldenHashes()
    let sets = try #require(golden.document["tokenizers"]?[name]?.members)
    for (set, hashes) in sets {
      guard let texts = try golden.texts(set) else { continue }
      let hashes = try #require(hashes.string).split(separator: " ")
      #expect(hashes.count == (texts.count + 99) / 100)
      for (group, hash) in hashes.enumerated() {
        var state: UInt64 = 0
        for text in texts[group * 100..<min(texts.count, group * 100 + 100)] {
          let second = text.count > 1 ? text[1] : nil
          GoldenHashes.mix(
            &state, tokenizer.encode(text[0], second, limit: second == nil ? nil : 64))
        }
        #expect(GoldenHashes.text(state) == hash, "\(name): \(set), hundred \(group)")
      }
    }
  }
}
