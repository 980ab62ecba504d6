import Tensors

extension PostProcessor {
  /// The `post_processor` of a tokenizer.json.
  init(_ setting: Setting, depth: Int = 0) throws(Failure) {
    self.init()
    switch try setting.require("type").string() {
    case "TemplateProcessing":
      single = try Self.template(setting.require("single"), in: setting)
      pair = try Self.template(setting.require("pair"), in: setting)
    case "BertProcessing":
      self = .bert(
        start: try Self.id(setting.require("cls")), end: try Self.id(setting.require("sep")))
    case "RobertaProcessing":
      self = .roberta(
        start: try Self.id(setting.require("cls")), end: try Self.id(setting.require("sep")),
        trimsRanges: try setting.bool("trim_offsets", or: true),
        addsPrefixSpace: try setting.bool("add_prefix_space", or: true))
    case "ByteLevel":
      trimsRanges = try setting.bool("trim_offsets", or: true)
      addsPrefixSpace = try setting.bool("add_prefix_space", or: true)
    case "Sequence":
      for part in try setting.parts("processors", depth: depth) {
        try combine(with: PostProcessor(part, depth: depth + 1), setting)
      }
    case let type: throw try setting.require("type").unsupported(type, known: Self.knownTypes)
    }
  }

  private static let knownTypes = [
    "TemplateProcessing", "BertProcessing", "RobertaProcessing", "ByteLevel", "Sequence",
  ]

  /// Takes on what a further processor of a sequence does; only one may add tokens, and only one trim.
  private mutating func combine(with other: PostProcessor, _ setting: Setting) throws(Failure) {
    let plain = PostProcessor()
    if other.single != plain.single || other.pair != plain.pair {
      guard single == plain.single, pair == plain.pair else {
        throw setting.wrong("a sequence in which one processor adds tokens")
      }
      (single, pair) = (other.single, other.pair)
    }
    guard !other.trimsRanges || !trimsRanges else {
      throw setting.wrong("a sequence in which one processor trims offsets")
    }
    if other.trimsRanges { (trimsRanges, addsPrefixSpace) = (true, other.addsPrefixSpace) }
  }

  /// The id of a pair of token and id.
  private static func id(_ setting: Setting) throws(Failure) -> Int32 {
    let elements = try setting.elements()
    guard elements.count == 2 else { throw setting.wrong("a token and its id") }
    return Int32(try elements[1].integer())
  }

  private static func template(
    _ setting: Setting, in processor: Setting
  ) throws(Failure) -> [TemplatePiece] {
    var pieces: [TemplatePiece] = []
    for element in try setting.elements() {
      if let sequence = element["Sequence"] {
        let type = Int32(try sequence.require("type_id").integer())
        switch try sequence.require("id").string() {
        case "A": pieces.append(.text(.first, type: type))
        case "B": pieces.append(.text(.second, type: type))
        default: throw try sequence.require("id").wrong("A or B")
        }
      } else {
        let special = try element.require("SpecialToken")
        let type = Int32(try special.require("type_id").integer())
        let token = try special.require("id").string()
        for id in try processor.require("special_tokens").require(token).require("ids").elements() {
          pieces.append(.special(Int32(try id.integer()), type: type))
        }
      }
    }
    return pieces
  }
}
