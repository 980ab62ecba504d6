/// How a text is brought into the form that the vocabulary is written in.
indirect enum Normalizer {
  case bert(BERTNormalizer)
  case form(NormalizationForm)
  case lowercase
  case stripAccents
  case strip(left: Bool, right: Bool)
  case replace(SplitPattern, with: String)
  case prepend(String)
  case nmt
  case characterMap(CharacterMap)
  case byteLevel
  case sequence([Normalizer])

  func apply(to text: inout NormalizedText) {
    switch self {
    case .bert(let normalizer): normalizer.normalize(&text)
    case .form(let form): text.normalize(to: form)
    case .lowercase: text.lowercase()
    case .stripAccents: text.filter { !ScalarClass(of: $0).contains(.mark) }
    case .strip(let left, let right): text.strip(left: left, right: right)
    case .replace(let pattern, let content): text.replace(pattern, with: content)
    case .prepend(let prefix): text.prepend(prefix)
    case .nmt: NMT.normalize(&text)
    case .characterMap(let map): map.normalize(&text)
    case .byteLevel: text.writeByteLevel()
    case .sequence(let parts): for part in parts { part.apply(to: &text) }
    }
  }
}

extension Normalizer {
  /// How many bytes one byte of text may become at most.
  var growth: Double {
    switch self {
    case .form(.nfd), .form(.nfc): 4
    case .form(.nfkd), .form(.nfkc): 11
    case .lowercase: 1.5
    case .bert: 6
    case .byteLevel: 2
    case .replace(let pattern, let content):
      max(1, Double(content.utf8.count) / Double(pattern.shortestMatch))
    case .characterMap(let map): Double(max(1, map.longestReplacement))
    case .stripAccents, .strip, .prepend, .nmt: 1
    case .sequence(let parts): parts.reduce(1) { $0 * $1.growth }
    }
  }

  /// A sequence that makes more of a text than this is no normalizer: it fills the memory.
  static let growthLimit = 4096.0
}

/// The normalization of neural machine translation: controls removed, all kinds of space made one.
enum NMT {
  static func normalize(_ text: inout NormalizedText) {
    text.filter { !isRemoved($0.value) }
    text.map { isSpace($0.value) ? " " : $0 }
  }

  private static func isRemoved(_ value: UInt32) -> Bool {
    switch value {
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: true
    default: false
    }
  }

  private static func isSpace(_ value: UInt32) -> Bool {
    switch value {
    case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
      true
    default: false
    }
  }
}
