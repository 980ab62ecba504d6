import Documents
import Glibc
import Tensors

/// The files of a model's folder that describe its tokenizer.
struct TokenizerFolder {
  let path: String
  /// tokenizer_config.json, over special_tokens_map.json.
  let configuration: Setting
  private let specialTokensMap: Setting
  let sentenceTransformers: Setting

  init(_ path: String) throws {
    self.path = path
    configuration = try Self.settings("tokenizer_config.json", in: path)
    specialTokensMap = try Self.settings("special_tokens_map.json", in: path)
    sentenceTransformers = try Self.settings("sentence_bert_config.json", in: path)
  }

  private static func settings(_ name: String, in folder: String) throws -> Setting {
    let path = "\(folder)/\(name)"
    let value = exists(path) ? try JSON.parse(try withoutHugeLimit(path), file: path) : .object([])
    guard value.members != nil else {
      throw Failure(TokenizerReason.wrongValue(name, expected: "an object"), at: Place(file: path))
    }
    return Setting(value, name: "", file: path)
  }

  /// The bytes of a configuration; a limit beyond 64 bits, which is how transformers writes that there
  /// is none, is null in them.
  private static func withoutHugeLimit(_ path: String) throws -> [UInt8] {
    var bytes = try TextFile.read(path)
    var limits: [Range<Int>] = []
    try bytes.withUnsafeBufferPointer { bytes in
      var scanner = JSONScanner(bytes, path: path)
      guard scanner.peek() == UInt8(ascii: "{") else { return }
      try scanner.eachMember { (scanner, key) throws(Failure) in
        _ = scanner.peek()
        let start = scanner.position
        try scanner.skipValue()
        let value = start..<scanner.position
        let isHuge = value.count > 18 && bytes[value].allSatisfy { $0 &- 0x30 < 10 }
        if isHuge, key.elementsEqual("model_max_length".utf8) { limits.append(value) }
      }
    }
    for limit in limits.reversed() { bytes.replaceSubrange(limit, with: Array("null".utf8)) }
    return bytes
  }

  private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The path of a file, if there is one of that name.
  func file(_ name: String) -> String? {
    let file = "\(path)/\(name)"
    return Self.exists(file) ? file : nil
  }

  /// A special token that the configuration names, by the key it has there.
  func specialToken(_ key: String) throws(Failure) -> AddedToken? {
    guard let setting = configuration[key] ?? specialTokensMap[key] else { return nil }
    return try AddedToken(special: setting)
  }

  /// All special tokens that the configuration names, in order.
  func specialTokens() throws(Failure) -> [AddedToken] {
    var tokens: [AddedToken] = []
    for key in SpecialTokenRole.allCases {
      if let token = try specialToken(key.rawValue) { tokens.append(token) }
    }
    let list =
      configuration["additional_special_tokens"]
      ?? specialTokensMap["additional_special_tokens"]
    for token in try list?.elements() ?? [] { tokens.append(try AddedToken(special: token)) }
    return tokens
  }

  /// Tokens that were added to the vocabulary, in the order of their ids.
  func addedTokens() throws -> [AddedToken] {
    if let decoder = configuration["added_tokens_decoder"] {
      return try tokens(of: decoder)
    }
    guard file("added_tokens.json") != nil else { return [] }
    let legacy = try Self.settings("added_tokens.json", in: path)
    let special = Set(try specialTokens().map(\.content))
    return (legacy.value.members ?? []).compactMap { name, id in id.integer.map { ($0, name) } }
      .sorted { $0 < $1 }
      .map { _, name in
        AddedToken(
          content: name, isNormalized: !special.contains(name), isSpecial: special.contains(name))
      }
  }

  private func tokens(of decoder: Setting) throws(Failure) -> [AddedToken] {
    var tokens: [(id: Int, token: AddedToken)] = []
    for (key, value) in decoder.value.members ?? [] {
      let setting = Setting(value, name: "added_tokens_decoder.\(key)", file: decoder.file)
      guard let id = Int(key) else { throw setting.wrong("named by an id") }
      tokens.append((id, try AddedToken(setting)))
    }
    return tokens.sorted { $0.id < $1.id }.map(\.token)
  }

  /// How many tokens the model takes.
  func modelLimit() -> Int? {
    // Absent limits are written as 1e30.
    func limit(_ setting: Setting?) -> Int? {
      setting?.value.number.flatMap { $0 >= 1 && $0 < 1e9 ? Int($0) : nil }
    }
    return limit(sentenceTransformers["max_seq_length"]) ?? limit(configuration["model_max_length"])
  }
}

/// The parts that special tokens have, by their names in configuration files.
enum SpecialTokenRole: String, CaseIterable {
  case bos = "bos_token"
  case eos = "eos_token"
  case unk = "unk_token"
  case sep = "sep_token"
  case pad = "pad_token"
  case cls = "cls_token"
  case mask = "mask_token"
}

/// The special tokens of a family, with the names that a folder gives them instead.
struct SpecialTokenNames {
  let tokens: [AddedToken]
  let unk: String
  let cls: String
  let sep: String

  static func bert(_ folder: TokenizerFolder) throws(Failure) -> SpecialTokenNames {
    try SpecialTokenNames(
      folder,
      [(.unk, "[UNK]"), (.sep, "[SEP]"), (.pad, "[PAD]"), (.cls, "[CLS]"), (.mask, "[MASK]")])
  }

  static func roberta(_ folder: TokenizerFolder) throws(Failure) -> SpecialTokenNames {
    try SpecialTokenNames(
      folder,
      [
        (.bos, "<s>"), (.eos, "</s>"), (.unk, "<unk>"), (.sep, "</s>"), (.pad, "<pad>"),
        (.cls, "<s>"), (.mask, "<mask>"),
      ])
  }

  private init(
    _ folder: TokenizerFolder, _ usual: [(SpecialTokenRole, String)]
  ) throws(Failure) {
    var names: [SpecialTokenRole: AddedToken] = [:]
    var tokens: [AddedToken] = []
    for (role, name) in usual {
      var token = AddedToken(content: name, isNormalized: false, isSpecial: true)
      // The mask of RoBERTa takes the space before it.
      token.stripsLeft = name == "<mask>"
      let named = try folder.specialToken(role.rawValue) ?? token
      names[role] = named
      tokens.append(named)
    }
    self.tokens = tokens
    unk = names[.unk]?.content ?? ""
    cls = names[.cls]?.content ?? ""
    sep = names[.sep]?.content ?? ""
  }
}

extension AddedToken {
  /// An entry of `added_tokens` or `added_tokens_decoder`.
  init(_ setting: Setting) throws(Failure) {
    content = try setting.require("content").string()
    isSingleWord = try setting.bool("single_word", or: false)
    stripsLeft = try setting.bool("lstrip", or: false)
    stripsRight = try setting.bool("rstrip", or: false)
    isSpecial = try setting.bool("special", or: false)
    isNormalized = try setting.bool("normalized", or: !isSpecial)
  }

  /// A special token of a configuration: its text, or an object.
  init(special setting: Setting) throws(Failure) {
    if let text = setting.value.string {
      self.init(content: text, isNormalized: false, isSpecial: true)
    } else {
      try self.init(setting)
      isSpecial = true
    }
  }
}
