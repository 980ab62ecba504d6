import Tensors

extension PreTokenizer {
  /// The `pre_tokenizer` of a tokenizer.json.
  init(_ setting: Setting, depth: Int = 0) throws(Failure) {
    switch try setting.require("type").string() {
    case "BertPreTokenizer": self = .bert
    case "Sequence":
      var parts: [PreTokenizer] = []
      for part in try setting.parts("pretokenizers", depth: depth) {
        parts.append(try PreTokenizer(part, depth: depth + 1))
      }
      self = .sequence(parts)
    case let type: throw try setting.require("type").unsupported(type, known: Self.knownTypes)
    }
  }

  private static let knownTypes = ["BertPreTokenizer", "Sequence"]
}
