import Checkpoints

extension KerasHubBERT {
  static let rows: [KerasRow] = [
    KerasRow("layers/reversible_embedding", .embedding(.word), .embedding),
    KerasRow("layers/position_embedding", .embedding(.position), .embedding),
    KerasRow("layers/embedding", .embedding(.type), .embedding),
    KerasRow("layers/layer_normalization", .embedding(.norm), .norm),
    KerasRow(attention + "query_dense", .layer(.query), .dividing),
    KerasRow(attention + "key_dense", .layer(.key), .dividing),
    KerasRow(attention + "value_dense", .layer(.value), .dividing),
    KerasRow(attention + "output_dense", .layer(.attentionOutput), .joining),
    // As Keras 2 named the same layers.
    KerasRow(attention + "_query_dense", .layer(.query), .dividing, with: []),
    KerasRow(attention + "_key_dense", .layer(.key), .dividing, with: []),
    KerasRow(attention + "_value_dense", .layer(.value), .dividing, with: []),
    KerasRow(attention + "_output_dense", .layer(.attentionOutput), .joining, with: []),
    KerasRow(encoder + "_self_attention_layer_norm", .layer(.attentionNorm), .norm),
    KerasRow(encoder + "_feedforward_intermediate_dense", .layer(.intermediate), .dense),
    KerasRow(encoder + "_feedforward_output_dense", .layer(.output), .dense),
    KerasRow(encoder + "_feedforward_layer_norm", .layer(.outputNorm), .norm),
    KerasRow("layers/dense", .pooler, .dense),
    KerasRow("layers/masked_lm_head/_intermediate_dense", .head(.maskedTransform), .dense),
    KerasRow("layers/masked_lm_head/_intermediate_layer_norm", .head(.maskedNorm), .norm),
    KerasRow("layers/masked_lm_head", .head(.maskedDecoder), .bias),
    KerasRow("layers/dense", .head(.classifier), .dense, with: [.sequenceClassification]),
  ]

  private static let encoder = "layers/transformer_encoder{_layer}/"
  private static let attention = encoder + "_self_attention_layer/"
}

/// The path of a module and how Keras makes its variables.
struct KerasRow {
  let path: String
  let module: Module
  let variables: Variables
  /// The heads with which it is written; nil for all, empty where it is only read.
  let heads: Set<Head>?

  enum Variables {
    case embedding, norm, dense, bias
    /// A dense layer whose output is divided into heads, and one that joins them again.
    case dividing, joining
  }

  init(_ path: String, _ module: Module, _ variables: Variables, with heads: Set<Head>? = nil) {
    self.path = path
    self.module = module
    self.variables = variables
    self.heads = heads
  }

  /// The variables by their index: of a dense layer the kernel, then the bias.
  var entries: [NameTable.Entry] {
    let layouts: [(Role.Kind, Layout)] =
      switch variables {
      case .embedding: [(.weight, .asIs)]
      case .bias: [(.bias, .asIs)]
      case .norm: [(.weight, .asIs), (.bias, .asIs)]
      case .dense: [(.weight, .transposed), (.bias, .asIs)]
      case .dividing: [(.weight, .headsOut), (.bias, .headsBias)]
      case .joining: [(.weight, .headsIn), (.bias, .asIs)]
      }
    return layouts.enumerated().map { index, variable in
      NameTable.Entry(
        "\(path)/vars/\(index)", Role(module, variable.0), variable.1, heads: heads)
    }
  }
}
