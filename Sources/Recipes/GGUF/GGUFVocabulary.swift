import Checkpoints
import Documents
import Tasks
import Tensors

/// A WordPiece vocabulary as llama.cpp holds it: it marks the tokens that begin a word, with U+2581, where
/// BERT's own marks those that go on with one, with `##`; special tokens stay as they are.
struct GGUFVocabulary {
  let attributes: [(key: String, value: Attribute)]

  private static let mark = "\u{2581}"

  /// - Parameter size: the rows of the embedding; ids without a token are unused.
  /// - Throws: ``Failure`` if words are not cut by WordPiece, or there are more tokens than rows.
  init(_ vocabulary: TokenizerVocabulary, size: Int) throws {
    guard let prefix = vocabulary.continuationPrefix else {
      throw Failure(GGUFVocabularyReason.notWordPiece)
    }
    guard vocabulary.count <= size else {
      throw Failure(GGUFVocabularyReason.tooManyTokens(vocabulary.count, rows: size))
    }
    let special = Set(vocabulary.specialIDs)
    let tokens = vocabulary.tokens
    var texts: [Attribute] = []
    var types: [Attribute] = []
    for id in 0..<size {
      let token = id < tokens.count ? tokens[id] : nil
      let type: GGUFTokenType = token == nil ? .unused : special.contains(id) ? .control : .normal
      texts.append(
        .string(token.map { type == .control ? $0 : Self.marked($0, prefix) } ?? "[PAD\(id)]"))
      types.append(.int32(type.rawValue))
    }
    let ids = vocabulary.specialTokens
    let named = [
      (GGUFKeys.beginningID, ids.cls), (GGUFKeys.endID, ids.sep), (GGUFKeys.unknownID, ids.unk),
      (GGUFKeys.separatorID, ids.sep), (GGUFKeys.paddingID, ids.pad), (GGUFKeys.maskID, ids.mask),
    ]
    attributes =
      [
        (GGUFKeys.tokenizer, .string(GGUFKeys.bert)), ("tokenizer.ggml.pre", .string("default")),
        (GGUFKeys.tokens, .array(.string, texts)), (GGUFKeys.tokenTypes, .array(.int32, types)),
      ] + named.compactMap { key, id in id.map { (key, .integer(Int($0))) } }
      + [
        ("tokenizer.ggml.add_bos_token", .bool(true)),
        ("tokenizer.ggml.add_eos_token", .bool(true)),
        ("tokenizer.ggml.add_sep_token", .bool(false)),
      ]
  }

  private static func marked(_ token: String, _ prefix: String) -> String {
    token.utf8.starts(with: prefix.utf8)
      ? String(token.unicodeScalars.dropFirst(prefix.unicodeScalars.count)) : mark + token
  }

  // MARK: The other way

  /// The files that a folder needs to read texts as the model of a GGUF does; none where it holds no such
  /// vocabulary.
  static func sidecars(of container: Container) -> [OutputSidecar] {
    guard container.attribute(GGUFKeys.tokenizer)?.string == GGUFKeys.bert,
      let elements = container.attribute(GGUFKeys.tokens)?.elements
    else { return [] }
    let types = container.attribute(GGUFKeys.tokenTypes)?.elements?.map(\.integer) ?? []
    let tokens = elements.enumerated().map { id, element in
      unmarked(
        element.string ?? "", isNormal: id >= types.count || types[id] == 1)
    }
    // A token with a line feed has no place in a file of lines.
    guard !tokens.contains(where: { $0.utf8.contains(0x0A) }) else { return [] }
    let lines = tokens.map { $0 + "\n" }.joined()
    return [
      OutputSidecar(name: "vocab.txt", bytes: [UInt8](lines.utf8)),
      OutputSidecar(name: "tokenizer_config.json", document: settings(container, tokens)),
    ] + pooling(of: container)
  }

  private static func unmarked(_ token: String, isNormal: Bool) -> String {
    // Older converters left whatever stands in brackets as it is.
    let isBracketed = token.utf8.first == UInt8(ascii: "[") && token.utf8.last == UInt8(ascii: "]")
    if !isNormal || isBracketed && token.utf8.count > 2 { return token }
    return token.utf8.starts(with: mark.utf8)
      ? String(token.unicodeScalars.dropFirst()) : "##" + token
  }

  private static func settings(_ container: Container, _ tokens: [String]) -> JSON {
    var members: [(key: String, value: JSON)] = [
      ("tokenizer_class", "BertTokenizer"), ("do_lower_case", true),
    ]
    let keys = [
      ("unk_token", [GGUFKeys.unknownID]), ("sep_token", [GGUFKeys.separatorID, GGUFKeys.endID]),
      ("pad_token", [GGUFKeys.paddingID]),
      ("cls_token", [GGUFKeys.classID, GGUFKeys.beginningID]), ("mask_token", [GGUFKeys.maskID]),
    ]
    for (name, sources) in keys {
      let id = sources.lazy.compactMap { container.attribute($0)?.integer }.first
      if let id, tokens.indices.contains(id) { members.append((name, .string(tokens[id]))) }
    }
    if let limit = container.attribute(GGUFKeys.positions)?.integer {
      members.append(("model_max_length", .integer(limit)))
    }
    return .object(members)
  }

  /// The files of sentence-transformers, where the file says how vectors of texts are made.
  private static func pooling(of container: Container) -> [OutputSidecar] {
    let mode = container.attribute(GGUFKeys.pooling)?.integer.flatMap(GGUFPooling.init)
    let names: [GGUFPooling: String] = [
      .mean: "pooling_mode_mean_tokens", .cls: "pooling_mode_cls_token",
      .last: "pooling_mode_lasttoken",
    ]
    guard let mode, let name = names[mode] else { return [] }
    let width = container.attribute(GGUFKeys.hidden)?.integer
    let modules: JSON = [
      [
        "idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer",
      ],
      [
        "idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling",
      ],
    ]
    let settings = names.values.sorted().map { (key: $0, value: JSON.bool($0 == name)) }
    return [
      OutputSidecar(name: "modules.json", document: modules),
      OutputSidecar(
        name: "1_Pooling/config.json",
        document: .object([("word_embedding_dimension", JSON(width))] + settings)),
    ]
  }
}

/// Why llama.cpp cannot be given a vocabulary.
enum GGUFVocabularyReason: Reason {
  case notWordPiece
  case tooManyTokens(Int, rows: Int)

  var description: String {
    switch self {
    case .notWordPiece: "words are not cut by WordPiece"
    case .tooManyTokens(let count, let rows):
      "there are \(count) tokens and \(rows) rows of the embedding"
    }
  }
}
