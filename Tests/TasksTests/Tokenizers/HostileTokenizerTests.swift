import Documents
import Tensors
import TestSupport
import Testing

@testable import Tasks

/// Files that are wrong: each is a failure that says what, and none a trap.
@Suite struct HostileTokenizerTests {
  /// A folder with some files.
  private func read(_ files: [String: String]) throws -> Tokenizer {
    let folder = try TemporaryFolder()
    for (name, text) in files { _ = try folder.file(name, [UInt8](text.utf8)) }
    return try Tokenizer(folder: folder.path)
  }

  private func message(_ files: [String: String]) throws -> String {
    let failure = try #require(throws: Failure.self) { _ = try read(files) }
    return "\(failure)" + (failure.reason.hint.map { " (\($0))" } ?? "")
  }

  private let bert = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n"

  @Test func aFolderWithoutAVocabularySaysWhatIsLookedFor() throws {
    let text = try message([:])
    #expect(text.contains("holds no vocabulary"))
    #expect(text.contains("tokenizer.json, vocab.txt, and vocab.json with merges.txt"))
    #expect(try message(["vocab.json": "{}"]).contains("holds no vocabulary"))
    #expect(
      try message(["spiece.model": "x"]).contains("holds spiece.model, but no tokenizer.json"))
  }

  @Test(arguments: [
    (#"{"#, "expected '\"'"), ("[]", "expected '{'"), ("{}", "lacks 'model'"),
    (
      #"{"model": {"type": "WordLevel", "vocab": {}}}"#, "'model.type' is 'WordLevel', expected one"
    ),
    (#"{"model": {"type": "WordPiece"}}"#, "lacks 'model.vocab'"),
    (#"{"model": {"type": "WordPiece", "vocab": []}}"#, "expected '{'"),
    (#"{"model": {"type": "WordPiece", "vocab": {"a": 0}}}"#, "'[UNK]' is not in the vocabulary"),
    (#"{"model": {"type": "WordPiece", "vocab": {"a": -1}}}"#, "expected a non-negative integer"),
    (#"{"model": {"type": "WordPiece", "vocab": {"a": 1.5}}}"#, "expected a non-negative integer"),
    (
      #"{"model": {"type": "WordPiece", "vocab": {"a": 99999999999999999999}}}"#,
      "integer too large"
    ),
    (
      #"{"model": {"type": "WordPiece", "vocab": {"a": 2000000000}}}"#, "token id 2000000000 is out"
    ),
    (#"{"model": {"type": "WordPiece", "vocab": {"\ud800": 0}}}"#, "lone surrogate"),
    (
      #"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}"#,
      "merge 'a b' is of unknown"
    ),
    (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a a a"]}}"#, "of unknown tokens"),
    (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["a"]]}}"#, "expected ','"),
    (#"{"model": {"type": "BPE", "vocab": {}, "merges": [], "dropout": 0.1}}"#, "'model.dropout'"),
    (
      #"{"model": {"type": "BPE", "vocab": {}, "merges": [], "unk_token": "x"}}"#,
      "unknown token 'x'"
    ),
    (#"{"model": {"type": "Unigram", "vocab": [["a", 0.0]]}}"#, "lacks 'model.unk_id'"),
    (#"{"model": {"type": "Unigram", "vocab": [["a", 0.0]], "unk_id": 1}}"#, "'model.unk_id'"),
    (#"{"model": {"type": "Unigram", "vocab": [["a", "b"]], "unk_id": 0}}"#, "expected a number"),
    (#"{"model": {"type": "Unigram", "vocab": [["a", 1e999]], "unk_id": 0}}"#, "expected a number"),
  ])
  func modelsAreHeldToTheirForm(_ text: String, _ expected: String) throws {
    let text = try message(["tokenizer.json": text])
    #expect(text.contains("tokenizer.json"))
    #expect(text.contains(expected), "\(text)")
  }

  @Test(arguments: [
    (#""normalizer": {"type": "Rot13"}"#, "'normalizer.type' is 'Rot13', expected one of"),
    (
      #""normalizer": {"type": "Replace", "pattern": {"Regex": "(?<=a)b"}, "content": ""}"#,
      "unknown kind"
    ),
    (#""normalizer": {"type": "Replace", "pattern": {"Regex": "a*?"}, "content": ""}"#, "lazy"),
    (#""normalizer": {"type": "Precompiled", "precompiled_charsmap": "%%%%"}"#, "is not Base64"),
    (#""normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}"#, "is too short"),
    (
      #""normalizer": {"type": "Precompiled", "precompiled_charsmap": "/wAAAAAA"}"#,
      "names a trie of 255"
    ),
    (
      #""normalizer": {"type": "Sequence", "normalizers": 3}"#, "'normalizer.normalizers' should be"
    ),
    (#""pre_tokenizer": {"type": "UnicodeScripts"}"#, "'pre_tokenizer.type' is 'UnicodeScripts'"),
    (#""pre_tokenizer": {"type": "Punctuation", "behavior": "Eaten"}"#, "'Eaten', expected one of"),
    (#""pre_tokenizer": {"type": "Metaspace", "replacement": "ab"}"#, "should be one character"),
    (#""post_processor": {"type": "Pair"}"#, "'post_processor.type' is 'Pair'"),
    (
      #""post_processor": {"type": "BertProcessing", "cls": ["x", 0], "sep": ["x", 7]}"#,
      "id 7 is out"
    ),
    (
      #""post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "x", "type_id": 0}}], "pair": [], "special_tokens": {}}"#,
      "lacks 'post_processor.special_tokens.x'"
    ),
    (#""added_tokens": [{"id": 3}]"#, "lacks 'added_tokens[0].content'"),
    (
      #""added_tokens": [{"content": "a", "lstrip": 1}]"#,
      "'added_tokens[0].lstrip' should be true or"
    ),
  ])
  func partsAreHeldToTheirForm(_ member: String, _ expected: String) throws {
    let model = #""model": {"type": "Unigram", "vocab": [["a", 0.0]], "unk_id": 0}"#
    let text = try message(["tokenizer.json": "{\(member), \(model)}"])
    #expect(text.contains(expected), "\(text)")
  }

  @Test func partsThatGrowWithoutEndAreRefused() throws {
    func sequence(_ part: String, _ count: Int) -> String {
      let parts = Array(repeating: part, count: count).joined(separator: ",")
      return #"{"type": "Sequence", "normalizers": [\#(parts)], "pretokenizers": [\#(parts)]}"#
    }
    let model = #""model": {"type": "Unigram", "vocab": [["a", 0.0]], "unk_id": 0}"#
    let doubling = #"{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}"#
    var nested = #"{"type": "Lowercase"}"#
    for _ in 0..<6 { nested = sequence(nested, 1) }
    for member in [
      #""normalizer": \#(sequence(doubling, 20))"#, #""normalizer": \#(nested)"#,
      #""normalizer": \#(sequence(#"{"type": "NFC"}"#, 40))"#,
      #""pre_tokenizer": \#(sequence(#"{"type": "ByteLevel"}"#, 20))"#,
    ] {
      #expect(throws: Failure.self) { try read(["tokenizer.json": "{\(member), \(model)}"]) }
    }
  }

  @Test func linesOfAVocabularyMayBeOdd() throws {
    // Of equal tokens the last id counts.
    let twice = try read(["vocab.txt": bert + "a\n"])
    #expect(twice.encode("a", limit: nil).sequence.ids == [2, 7, 3])
    #expect(twice.vocabularySize == 8)
    let dos = try read(["vocab.txt": bert.split(separator: "\n").joined(separator: "\r\n")])
    #expect(dos.encode("ab", limit: nil).sequence.ids == [2, 5, 6, 3])
    let blank = try read(["vocab.txt": bert + "\n\nz"])
    #expect(blank.encode("z", limit: nil).sequence.ids == [2, 9, 3])
    #expect(blank.token(9) == "z")
    #expect(blank.token(10) == nil && blank.token(-1) == nil && blank.token(.max) == nil)
  }

  @Test func vocabulariesLackNoTokenThatTheyNeed() throws {
    #expect(try message(["vocab.txt": "a\n[CLS]\n[SEP]\n"]).contains("unknown token '[UNK]'"))
    #expect(try message(["vocab.txt": "[UNK]\n[CLS]\n"]).contains("sep_token '[SEP]'"))
    #expect(
      try message(["vocab.json": #"{"a": 0}"#, "merges.txt": ""]).contains("cls_token '<s>'"))
    #expect(
      try message(["vocab.json": #"{"a": 0}"#, "merges.txt": "#version: 0.2\na b\n"])
        .contains("merges.txt: at byte 14"))
    #expect(
      try message([
        "vocab.txt": bert, "tokenizer_config.json": #"{"tokenizer_class": "XTokenizer"}"#,
      ])
      .contains("'tokenizer_class' is 'XTokenizer', expected one of BertTokenizer"))
    let long = String(repeating: "x", count: 2000)
    #expect(try message(["vocab.txt": bert + long]).contains("holds a token of 2000 bytes"))
  }

  @Test func idsMayHaveHoles() throws {
    let tokenizer = try read([
      "tokenizer.json": #"""
      {"model": {"type": "WordPiece", "vocab": {"[UNK]": 5, "a": 900, "b": 5, "c": 2}},
       "pre_tokenizer": {"type": "WhitespaceSplit"}, "added_tokens": [{"content": "new"}]}
      """#
    ])
    #expect(tokenizer.vocabularySize == 901)
    #expect(tokenizer.encode("a b c d new", limit: nil).sequence.ids == [900, 5, 2, 5, 4])
    #expect(tokenizer.token(3) == nil)
  }

  @Test func invalidUTF8IsRefused() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("vocab.txt", [UInt8](bert.utf8) + [0xFF])
    let failure = try #require(throws: Failure.self) { try Tokenizer(folder: folder.path) }
    #expect("\(failure)".contains("vocab.txt: at byte \(bert.utf8.count): is not valid UTF-8"))
  }

  /// A double array whose units all lead back to themselves.
  @Test func aCyclicCharacterMapComesToAnEnd() throws {
    for unit: UInt32 in [0, 0x61, 0x161, 0xFFFF_FFFF, 0x8000_0161, 0x0000_0400, 0x3FF] {
      var blob = withUnsafeBytes(of: UInt32(1024).littleEndian) { [UInt8]($0) }
      for _ in 0..<256 { blob += withUnsafeBytes(of: unit.littleEndian) { [UInt8]($0) } }
      let map = try CharacterMap(blob + [0x41, 0, 0xC3, 0xA9, 0])
      var text = NormalizedText([UInt8]("aé漢e\u{301}\u{0}".utf8))
      map.normalize(&text)
      #expect(String(validating: text.bytes, as: UTF8.self) != nil)
    }
  }
}
