import Documents
import Tensors

/// A model's `config.json`, as far as `pare` looks into it.
public struct Configuration: Sendable {
  public let path: String
  public let document: JSON

  package init(path: String, document: JSON) throws {
    guard document.members != nil else {
      throw Failure(
        JSONReason.wrongType("config", expected: "an object"), at: Place(file: path))
    }
    self.path = path
    self.document = document
  }

  /// Reads a configuration file.
  package init(reading path: String) throws {
    try self.init(path: path, document: JSON.read(path, limit: 64 << 20))
  }

  /// The configuration with a setting changed, or added at the end; removed where the value is nil.
  package func setting(_ key: String, to value: JSON?) throws -> Configuration {
    var members = document.members ?? []
    let index = members.firstIndex { $0.key == key }
    switch (index, value) {
    case (let index?, let value?): members[index].value = value
    case (let index?, nil): members.remove(at: index)
    case (nil, let value?): members.append((key, value))
    case (nil, nil): return self
    }
    return try Configuration(path: path, document: .object(members))
  }

  public var modelType: String? { document["model_type"]?.string }
  public var architecture: String? { document["architectures"]?.array?.first?.string }

  public var heads: Int? { count("num_attention_heads", "n_heads", "num_heads") }
  public var layers: Int? { count("num_hidden_layers", "n_layers", "num_layers") }

  /// The width of an attention head, which `pare` writes where it is not the encoder's width divided by ``heads``.
  public var headWidth: Int? {
    document["pare"]?["head_width"]?.integer.flatMap { $0 > 0 && $0 < 1 << 24 ? $0 : nil }
  }

  /// The width of the encoder.
  public var hidden: Int? { count("hidden_size", "dim", "hidden_dim") }
  /// What of the states of a BiLSTM student is gone on with.
  public var readout: BiLSTMArchitecture.Readout? {
    document["readout"]?.string.flatMap(BiLSTMArchitecture.Readout.init)
  }

  public var vocabulary: Int? { count("vocab_size", "vocabulary_size") }
  public var positions: Int? { count("max_position_embeddings", "max_sequence_length") }

  /// The names of the classes by their index; none unless every index from 0 has one.
  public var labels: [String] {
    guard let members = document["id2label"]?.members else { return [] }
    let named: [(index: Int, name: String)] = members.compactMap { key, value in
      guard let index = Int(key), let name = value.string else { return nil }
      return (index, name)
    }
    let sorted = named.sorted { $0.index < $1.index }
    return sorted.map(\.index) == Array(members.indices) ? sorted.map(\.name) : []
  }

  /// The name of the activation function of the feed-forward network.
  public var activation: String? { (document["hidden_act"] ?? document["activation"])?.string }
  /// What is added to the variance by layer normalization.
  public var normEpsilon: Double? { document["layer_norm_eps"]?.number }
  /// The token that fills up batches, which has a position of its own in RoBERTa.
  public var paddingID: Int? { document["pad_token_id"]?.integer }
  /// Whether a token's attention is confined to those before it.
  public var isDecoder: Bool { document["is_decoder"]?.bool ?? false }
  /// How positions enter: `absolute` unless said otherwise.
  public var positionKind: String? { document["position_embedding_type"]?.string }

  /// The activation function's setting, where it is no name.
  package var wrongActivation: (name: String, value: String)? {
    wrong("hidden_act", "activation") { $0.string != nil }
  }

  /// What is to be read out of a BiLSTM student, where it is nothing that is known.
  package var wrongReadout: (name: String, value: String)? {
    wrong("readout") {
      $0.string.flatMap(BiLSTMArchitecture.Readout.init) != nil
    }
  }

  /// The setting of layer normalization, where it is not from 0 to below 1.
  package var wrongNormEpsilon: (name: String, value: String)? {
    wrong("layer_norm_eps") { $0.number.map { (0..<1).contains($0) } ?? false }
  }

  /// The first of some settings that is there and does not fit.
  private func wrong(_ names: String..., fits: (JSON) -> Bool) -> (name: String, value: String)? {
    for name in names {
      guard let value = document[name], value != .null, !fits(value) else { continue }
      return (name, value.text())
    }
    return nil
  }

  /// A size, which KerasHub writes into an object of its own.
  private func count(_ keys: String...) -> Int? {
    let values = keys.lazy.compactMap { (document[$0] ?? document["config"]?[$0])?.integer }
    return values.first { $0 > 0 && $0 < 1 << 24 }
  }
}
