import Checkpoints

/// The attribute paths of KerasHub's BERT (`keras_hub/src/models/bert`), such as
/// `layers/transformer_encoder_1/_self_attention_layer/query_dense/vars/0`.
///
/// A task holds the encoder under `layers/bert_backbone`, or `backbone`; what `layers/dense` is, pooler
/// or classifier, depends on that. Keras 2 called `layers` `_layer_checkpoint_dependencies`.
struct KerasHubBERT: EncoderDialect {
  private let table = NameTable(Self.rows.flatMap(\.entries))

  var name: String { "keras-hub-bert" }
  var summary: String { "KerasHub, BERT: layers/transformer_encoder/_self_attention_layer/…" }
  var encoderFamilies: [EncoderFamily] { [.bert] }
  var styles: [NameStyle] { [.kerasPaths, .flat] }

  /// The backbone is made with a pooler, and loaded whole.
  func expectedRoles(in architecture: EncoderArchitecture) -> [Role] {
    Role.Kind.allCases.map { Role(.pooler, $0) }
  }

  func meanings(of names: [String]) -> Meanings {
    let paths = names.map { KerasPath($0) }
    let isTask = paths.contains { $0.isInBackbone }
    let matches = paths.map { path in
      table.match(path.rest, path.isInBackbone || !isTask ? .backbone : .head)
    }
    return Meanings(
      matches.numbered().map { match in match.map { .parameter($0.role, $0.layout) } })
  }

  func place(
    of role: Role, in architecture: EncoderArchitecture, style: NameStyle
  ) -> NamedPlace? {
    guard styles.contains(style), encoderFamilies.contains(architecture.family),
      var place = table.place(of: role, in: architecture)
    else { return nil }
    if architecture.head != .none, !role.module.isHead {
      place.name = "layers/bert_backbone/\(place.name)"
    }
    return place
  }
}
