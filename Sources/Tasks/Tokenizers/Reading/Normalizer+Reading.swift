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
    case "StripAccents": self = .stripAccents
    case "Nmt": self = .nmt
    case "ByteLevel": self = .byteLevel
    case "Strip":
      self = .strip(
        left: try setting.bool("strip_left", or: true),
        right: try setting.bool("strip_right", or: true))
    case "Prepend": self = .prepend(try setting.require("prepend").shortString())
    case "Replace":
      self = .replace(
        try SplitPattern(setting.require("pattern")),
        with: try setting.require("content").shortString())
    case "Precompiled": self = try Self.characterMap(setting)
    case "Sequence":
      var parts: [Normalizer] = []
      for part in try setting.parts("normalizers", depth: depth) {
        parts.append(try Normalizer(part, depth: depth + 1))
      }
      self = .sequence(parts)
      guard growth <= Self.growthLimit else {
        throw setting.wrong("a sequence that makes at most \(Int(Self.growthLimit)) bytes of one")
      }
    case let type: throw try setting.require("type").unsupported(type, known: Self.knownTypes)
    }
  }

  private static let knownTypes = [
    "BertNormalizer", "ByteLevel", "Lowercase", "NFC", "NFD", "NFKC", "NFKD", "Nmt", "Precompiled",
    "Prepend", "Replace", "Sequence", "Strip", "StripAccents",
  ]

  private static func characterMap(_ setting: Setting) throws(Failure) -> Normalizer {
    let text = try setting.require("precompiled_charsmap").string()
    guard let blob = Base64.decode(text) else {
      throw setting.failure(.badCharacterMap("is not Base64"))
    }
    do throws(TokenizerReason) {
      return .characterMap(try CharacterMap(blob))
    } catch {
      throw setting.failure(error)
    }
  }
}

extension BERTNormalizer {
  init(_ setting: Setting) throws(Failure) {
    lowercases = try setting.bool("lowercase", or: true)
    cleansText = try setting.bool("clean_text", or: true)
    spacesIdeographs = try setting.bool("handle_chinese_chars", or: true)
    stripsAccents = try setting.bool("strip_accents", or: lowercases)
  }
}

extension SplitPattern {
  /// A `pattern`: an object of one member, String or Regex.
  init(_ setting: Setting) throws(Failure) {
    if let text = setting["String"] {
      self = .string(Array(try text.shortString().utf8))
      return
    }
    let expression = try setting.require("Regex")
    let text = try expression.string()
    do throws(PatternError) {
      self = try SplitPattern(expression: text)
    } catch {
      throw expression.wrong("a regular expression that is known here: \(error.what)")
    }
  }
}

/// Bytes in the letters of Base64 (RFC 4648), padded.
enum Base64 {
  /// Nil unless the text is nothing but Base64.
  static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { letters in
      guard letters.count % 4 == 0 else { return nil }
      let padding = letters.suffix(2).reduce(0) { $0 + ($1 == UInt8(ascii: "=") ? 1 : 0) }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(letters.count / 4 * 3)
      var bits: UInt32 = 0
      for (index, letter) in letters.dropLast(padding).enumerated() {
        guard let value = values[Int(letter)] else { return nil }
        bits = bits << 6 | UInt32(value)
        let held = (index + 1) * 6 % 8
        if held != 6 { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held))) }
      }
      return bytes
    }
  }

  private static let values: [UInt8?] = {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var values = [UInt8?](repeating: nil, count: 256)
    for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
    return values
  }()
}
