import Documents
import TestSupport
import Testing

@testable import Tasks

/// What the files beside a vocabulary say.
@Suite struct TokenizerFolderTests {
  /// A folder with a small vocabulary of BERT's kind and some files.
  private func read(_ files: [String: String]) throws -> Tokenizer {
    let folder = try TemporaryFolder()
    _ = try folder.file("vocab.txt", [UInt8]("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n".utf8))
    for (name, text) in files { _ = try folder.file(name, [UInt8](text.utf8)) }
    return try Tokenizer(folder: folder.path)
  }

  @Test func settingsAreHonouredAsTransformersDoes() throws {
    let document = try JSON.read(Places.sample("tokenizers/folders.json"))
    let folders = try #require(document["folders"]?.array)
    #expect(folders.count > 10)
    for golden in folders {
      let folder = try TemporaryFolder()
      for (target, source) in try #require(golden["copied"]?.members) {
        _ = try folder.file(target, bytes(of: Places.sample(source.string ?? "")))
      }
      for (target, value) in try #require(golden["written"]?.members) {
        _ = try folder.file(target, [UInt8](value.text().utf8))
      }
      let tokenizer = try Tokenizer(folder: folder.path)
      let name = golden["folder"]?.string ?? ""
      for one in try #require(golden["cases"]?.array) {
        try GoldenCase(call: one).check(tokenizer, "\(name)")
      }
    }
  }

  @Test(
    arguments: [
      (["tokenizer_config.json": #"{"model_max_length": 512}"#], 512),
      (["tokenizer_config.json": #"{"model_max_length": 1000000000000000019884624838656}"#], nil),
      (["tokenizer_config.json": #"{"model_max_length": 1e30}"#], nil),
      (["tokenizer_config.json": #"{"model_max_length": 0}"#], nil),
      (["tokenizer_config.json": #"{"model_max_length": null}"#], nil),
      ([:], nil),
      (
        [
          "tokenizer_config.json": #"{"model_max_length": 512}"#,
          "sentence_bert_config.json": #"{"max_seq_length": 256, "do_lower_case": false}"#,
        ], 256
      ),
      (["sentence_bert_config.json": #"{"max_seq_length": null}"#], nil),
    ] as [([String: String], Int?)])
  func limitsOfModels(_ files: [String: String], _ limit: Int?) throws {
    #expect(try read(files).modelLimit == limit)
  }

  @Test func specialTokensAreFound() throws {
    let bert = try read([:]).specialTokens
    #expect(bert == .init(mask: 4, pad: 0, cls: 2, sep: 3, unk: 1))
    let roberta = try Tokenizer(folder: Places.sample("tokenizers/roberta"))
    #expect(roberta.specialTokens == .init(mask: 4, pad: 1, cls: 0, sep: 2, unk: 3))
    #expect(roberta.token(4) == "<mask>")
    let xlm = try Tokenizer(folder: Places.sample("tokenizers/xlm-roberta"))
    #expect(xlm.specialTokens == .init(mask: 8001, pad: 1, cls: 0, sep: 2, unk: 3))
    #expect(xlm.vocabularySize == 8002)
    let renamed = try read([
      "special_tokens_map.json": #"{"mask_token": "a", "pad_token": "[UNK]"}"#
    ])
    #expect(renamed.specialTokens.mask == 5)
    #expect(renamed.specialTokens.pad == 1)
  }

  @Test func addedTokensAreAmongTheVocabulary() throws {
    let tokenizer = try read(["added_tokens.json": #"{"extra": 7, "more": 8}"#])
    #expect(tokenizer.vocabularySize == 9)
    #expect(tokenizer.token(8) == "more")
    #expect(tokenizer.encode("extra more", limit: nil).sequence.ids == [2, 7, 8, 3])
  }
}
