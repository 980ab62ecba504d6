import Checkpoints
import Documents

/// The configuration of a model that is a GGUF without a `config.json` beside it, by what the file says
/// of itself.
enum GGUFConfiguration {
  /// - Returns: nil where the file is no BERT.
  static func made(of container: Container) throws -> Configuration? {
    guard container.attribute(GGUFKeys.architecture)?.string == GGUFKeys.bert,
      let path = container.files.first
    else { return nil }
    return try Configuration(path: path, document: .object(members(container)))
  }

  private static func members(_ container: Container) -> [(key: String, value: JSON)] {
    func integer(_ key: String) -> JSON { JSON(largest(container.attribute(key))) }
    let isClassifier = container.tensors.contains { $0.name == "cls.output.weight" }
    let name = isClassifier ? "BertForSequenceClassification" : "BertModel"
    var members: [(key: String, value: JSON)] = [
      ("architectures", [.string(name)]), ("model_type", "bert"),
      ("vocab_size", JSON(container.attribute(GGUFKeys.tokens)?.elements?.count)),
      ("max_position_embeddings", integer(GGUFKeys.positions)),
      ("hidden_size", integer(GGUFKeys.hidden)), ("num_hidden_layers", integer(GGUFKeys.layers)),
      ("num_attention_heads", integer(GGUFKeys.heads)),
      ("intermediate_size", integer(GGUFKeys.intermediate)),
      ("type_vocab_size", integer(GGUFKeys.types)), ("hidden_act", "gelu"),
      ("layer_norm_eps", normEpsilon(container)), ("pad_token_id", integer(GGUFKeys.paddingID)),
    ]
    let labels = container.attribute(GGUFKeys.labels)?.elements?.compactMap(\.string) ?? []
    if !labels.isEmpty {
      let named = labels.enumerated().map { (key: "\($0)", value: JSON.string($1)) }
      members.append(("id2label", .object(named)))
    }
    return members.filter { $0.value != .null }
  }

  /// A number, or the largest of those of all layers.
  private static func largest(_ value: Attribute?) -> Int? {
    value?.integer ?? value?.elements?.compactMap(\.integer).max()
  }

  /// In as few digits as tell the single-precision number from all others.
  private static func normEpsilon(_ container: Container) -> JSON {
    guard let text = container.attribute(GGUFKeys.normEpsilon)?.text, let value = Double(text)
    else {
      return .null
    }
    return .number(value)
  }
}
