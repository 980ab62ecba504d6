import Documents
import Tensors

extension SubwordModel {
  /// The `model` of a tokenizer.json.
  init(_ document: TokenizerDocument, _ setting: Setting) throws {
    switch try Self.type(of: setting) {
    case "WordPiece":
      var vocabulary = Vocabulary(byteCount: 0)
      try document.scan("vocab") {
        vocabulary = try Vocabulary(object: &$0, byteCount: document.byteCount(of: "vocab"))
      }
      self = .wordPiece(try WordPieceModel(vocabulary, setting))
    case let type:
      throw try setting.require("type").unsupported(type, known: ["WordPiece"])
    }
  }

  /// Documents of early versions do not say which model they hold.
  private static func type(of setting: Setting) throws(Failure) -> String {
    if let type = setting["type"] { return try type.string() }
    if setting["max_input_chars_per_word"] != nil { return "WordPiece" }
    throw setting.failure(.missing("model.type"))
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
