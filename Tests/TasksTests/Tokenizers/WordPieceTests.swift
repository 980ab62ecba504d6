import TestSupport
import Testing

@testable import Tasks

@Suite struct WordPieceTests {
  @Test func readsTheSampleAlikeFromEitherFile() throws {
    let whole = try Tokenizer(folder: Places.sample("bert-tiny"))
    let folder = try TemporaryFolder()
    for name in ["vocab.txt", "tokenizer_config.json", "special_tokens_map.json"] {
      _ = try folder.file(name, bytes(of: Places.sample("bert-tiny/\(name)")))
    }
    let lines = try Tokenizer(folder: folder.path)
    #expect(whole.specialTokens == lines.specialTokens)
    #expect(whole.vocabularySize == lines.vocabularySize)
    for text in ["the quick brown fox", "[MASK] jumps", "É\u{301}cole 漢字", ""] {
      #expect(whole.encode(text, limit: nil) == lines.encode(text, limit: nil))
    }
  }
}
