import Tensors

extension PreTokenizer {
  /// The `pre_tokenizer` of a tokenizer.json.
  init(_ setting: Setting, depth: Int = 0) throws(Failure) {
    switch try setting.require("type").string() {
    case "BertPreTokenizer": self = .bert
    case "WhitespaceSplit": self = .whitespaceSplit
    case "Whitespace": self = .whitespace
    case "Punctuation": self = .punctuation(try SplitBehavior(setting["behavior"]))
    case "Digits": self = .digits(isIndividual: try setting.bool("individual_digits", or: false))
    case "ByteLevel":
      self = .byteLevel(
        ByteLevel(
          addsPrefixSpace: try setting.bool("add_prefix_space", or: true),
          splits: try setting.bool("use_regex", or: true)))
    case "Metaspace": self = .metaspace(try Metaspace(setting))
    case "Split":
      self = .pattern(
        try SplitPattern(setting.require("pattern")), try SplitBehavior(setting["behavior"]),
        isInverted: try setting.bool("invert", or: false))
    case "Sequence":
      var parts: [PreTokenizer] = []
      for part in try setting.parts("pretokenizers", depth: depth) {
        parts.append(try PreTokenizer(part, depth: depth + 1))
      }
      self = .sequence(parts)
      guard byteLevels <= 2 else { throw setting.wrong("a sequence with at most two of ByteLevel") }
    case let type: throw try setting.require("type").unsupported(type, known: Self.knownTypes)
    }
  }

  private static let knownTypes = [
    "BertPreTokenizer", "ByteLevel", "Digits", "Metaspace", "Punctuation", "Sequence", "Split",
    "Whitespace", "WhitespaceSplit",
  ]
}

extension SplitBehavior {
  init(_ setting: Setting?) throws(Failure) {
    guard let setting else {
      self = .isolated
      return
    }
    let name = try setting.string()
    guard let behavior = SplitBehavior(rawValue: name) else {
      throw setting.unsupported(name, known: Self.allCases.map(\.rawValue))
    }
    self = behavior
  }
}

extension Metaspace {
  init(_ setting: Setting) throws(Failure) {
    let sign = try setting.require("replacement")
    guard let scalar = try sign.string().unicodeScalars.first,
      try sign.string().unicodeScalars.count == 1
    else { throw sign.wrong("one character") }
    self.sign = scalar
    splits = try setting.bool("split", or: true)
    if let scheme = setting["prepend_scheme"] {
      let name = try scheme.string()
      guard let value = PrependScheme(rawValue: name) else {
        throw scheme.unsupported(name, known: PrependScheme.allCases.map(\.rawValue))
      }
      prependScheme = value
    }
    guard let prefix = setting["add_prefix_space"] else { return }
    if try !prefix.bool() {
      guard setting["prepend_scheme"] == nil || prependScheme == .never else {
        throw prefix.wrong("true, as 'prepend_scheme' is \(prependScheme.rawValue)")
      }
      prependScheme = .never
    }
  }
}
