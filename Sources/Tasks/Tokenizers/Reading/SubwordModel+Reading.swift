import Documents
import Tensors

extension SubwordModel {
  /// The `model` of a tokenizer.json.
  init(_ document: TokenizerDocument, _ setting: Setting) throws {
    switch try Self.type(of: setting) {
    case "WordPiece": self = .wordPiece(try WordPieceModel(Vocabulary(document), setting))
    case "BPE":
      let vocabulary = try Vocabulary(document)
      self = .bytePair(
        try BytePairModel(
          vocabulary, MergeTable(document, vocabulary, BytePairModel.prefix(setting)), setting))
    case "Unigram": self = .unigram(try UnigramModel(document, setting))
    case let type:
      throw try setting.require("type").unsupported(type, known: ["BPE", "Unigram", "WordPiece"])
    }
  }

  /// Documents of early versions do not say which model they hold.
  private static func type(of setting: Setting) throws(Failure) -> String {
    if let type = setting["type"] { return try type.string() }
    if setting["max_input_chars_per_word"] != nil { return "WordPiece" }
    return setting.value.members?.contains { $0.key == "merges" } == true ? "BPE" : "Unigram"
  }
}

extension WordPieceModel {
  fileprivate init(_ vocabulary: Vocabulary, _ setting: Setting) throws(Failure) {
    let unknown = try setting["unk_token"]?.string() ?? "[UNK]"
    let prefix = try setting["continuing_subword_prefix"]?.string() ?? "##"
    let limit = try setting["max_input_chars_per_word"]?.integer() ?? 100
    do throws(TokenizerReason) {
      try self.init(vocabulary, unknown: unknown, prefix: prefix, scalarLimit: limit)
    } catch {
      throw setting.failure(error)
    }
  }
}

extension BytePairModel {
  fileprivate static func prefix(_ setting: Setting) throws(Failure) -> [UInt8] {
    Array(try setting["continuing_subword_prefix"]?.string().utf8 ?? "".utf8)
  }

  fileprivate init(
    _ vocabulary: Vocabulary, _ merges: MergeTable, _ setting: Setting
  ) throws(Failure) {
    self.init(vocabulary: vocabulary, merges: merges)
    if let dropout = setting["dropout"], dropout.value.number != 0 {
      throw dropout.wrong("null: words are never cut at random")
    }
    if let token = try setting["unk_token"]?.string() {
      guard let id = vocabulary.id(of: token) else {
        throw setting.failure(.notInVocabulary(token, role: "unknown token"))
      }
      settings.unknown = id
    }
    settings.continuationPrefix = try Self.prefix(setting)
    settings.endSuffix = Array(try setting["end_of_word_suffix"]?.string().utf8 ?? "".utf8)
    settings.fusesUnknown = try setting.bool("fuse_unk", or: false)
    settings.ignoresMerges = try setting.bool("ignore_merges", or: false)
    if try setting.bool("byte_fallback", or: false) {
      settings.byteTokens = vocabulary.byteTokens
    }
  }
}

extension UnigramModel {
  fileprivate init(_ document: TokenizerDocument, _ setting: Setting) throws {
    let (vocabulary, scores) = try Vocabulary.withScores(document)
    let unknown = try setting.require("unk_id")
    guard let id = unknown.value.integer, scores.indices.contains(id) else {
      throw unknown.wrong("the id of a token")
    }
    let usesBytes = try setting.bool("byte_fallback", or: false)
    self.init(
      vocabulary, scores: scores, unknown: Int32(id),
      byteTokens: usesBytes ? vocabulary.byteTokens : [])
  }
}

extension Vocabulary {
  /// For each byte its token, `<0x41>` for instance; none if one is lacking.
  fileprivate var byteTokens: [Int32] {
    let digits = Array("0123456789ABCDEF")
    let tokens = (0..<256).compactMap { id(of: "<0x\(digits[$0 >> 4])\(digits[$0 & 15])>") }
    return tokens.count == 256 ? tokens : []
  }
}
