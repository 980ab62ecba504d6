import Checkpoints
import Documents
import Formats

/// The configuration of a model of fairseq without a `config.json`, by the settings of its training that its file has: how many heads there
/// are, which no shape tells.
enum FairseqConfiguration {
  /// - Returns: nil where the file has no such setting.
  static func made(of container: Container) throws -> Configuration? {
    guard container.format == PyTorchFormat().name, let path = container.files.first,
      let heads = container.attribute("encoder_attention_heads")?.integer
    else { return nil }
    return try Configuration(path: path, document: ["num_attention_heads": .integer(heads)])
  }
}
