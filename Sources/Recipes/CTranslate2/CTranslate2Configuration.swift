import Checkpoints
import Documents
import Formats

/// The configuration of an encoder of CTranslate2, by the numbers and shapes of its file and its own `config.json`.
enum CTranslate2Configuration {
  /// - Parameter configuration: what lies beside the file.
  /// - Returns: nil where the container is no such encoder.
  static func made(
    of container: Container, beside configuration: Configuration?
  ) throws -> Configuration? {
    guard container.format == CTranslate2Format().name,
      let heads = container.attribute("encoder/num_heads")?.integer,
      let path = configuration?.path ?? container.files.first
    else { return nil }
    return try Configuration(
      path: path, document: .object(members(container, heads: heads, configuration)))
  }

  private static func members(
    _ container: Container, heads: Int, _ configuration: Configuration?
  ) -> [(key: String, value: JSON)] {
    func length(_ name: String, _ axis: Int) -> JSON {
      let shape = container.tensors.first { $0.name == name }?.tensor.shape
      return JSON(shape.flatMap { axis < $0.rank ? $0[axis] : nil })
    }
    let layers = container.tensors.count { $0.name.hasSuffix("/ffn/linear_1/bias") }
    let (words, types) = ("encoder/embeddings_0/weight", "encoder/embeddings_1/weight")
    let inner = length("encoder/layer_0/ffn/linear_0/bias", 0)
    let positions = length("encoder/position_encodings/encodings", 0)
    let activation =
      container.attribute("encoder/activation")?.integer.flatMap {
        Int8(exactly: $0).flatMap(CTranslate2Activation.init)?.names.first
      } ?? "gelu"
    let epsilon = configuration?.document["layer_norm_epsilon"]?.number ?? 1e-12
    let members: [(key: String, value: JSON)]
    if length(types, 0) == .null {
      members = [
        ("architectures", ["DistilBertModel"]), ("model_type", "distilbert"),
        ("vocab_size", length(words, 0)), ("max_position_embeddings", positions),
        ("dim", length(words, 1)), ("n_layers", .integer(layers)), ("n_heads", .integer(heads)),
        ("hidden_dim", inner), ("activation", .string(activation)),
      ]
    } else {
      members = [
        ("architectures", ["BertModel"]), ("model_type", "bert"),
        ("vocab_size", length(words, 0)), ("max_position_embeddings", positions),
        ("hidden_size", length(words, 1)), ("num_hidden_layers", .integer(layers)),
        ("num_attention_heads", .integer(heads)), ("intermediate_size", inner),
        ("type_vocab_size", length(types, 0)), ("hidden_act", .string(activation)),
        ("layer_norm_eps", .number(epsilon)),
      ]
    }
    return members.filter { $0.value != .null }
  }
}
