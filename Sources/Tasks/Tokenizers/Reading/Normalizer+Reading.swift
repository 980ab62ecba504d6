import Tensors

extension Normalizer {
  /// The `normalizer` of a tokenizer.json.
  init(_ setting: Setting, depth: Int = 0) throws(Failure) {
    switch try setting.require("type").string() {
    case "BertNormalizer": self = .bert(try BERTNormalizer(setting))
    case "NFC": self = .form(.nfc)
    case "NFD": self = .form(.nfd)
    case "NFKC": self = .form(.nfkc)
    case "NFKD": self = .form(.nfkd)
    case "Lowercase": self = .lowercase
    case "Sequence":
      var parts: [Normalizer] = []
      for part in try setting.parts("normalizers", depth: depth) {
        parts.append(try Normalizer(part, depth: depth + 1))
      }
      self = .sequence(parts)
    case let type: throw try setting.require("type").unsupported(type, known: Self.knownTypes)
    }
  }

  private static let knownTypes = [
    "BertNormalizer", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "Sequence",
  ]
}

extension BERTNormalizer {
  init(_ setting: Setting) throws(Failure) {
    lowercases = try setting.bool("lowercase", or: true)
    cleansText = try setting.bool("clean_text", or: true)
    spacesIdeographs = try setting.bool("handle_chinese_chars", or: true)
    stripsAccents = try setting.bool("strip_accents", or: lowercases)
  }
}
