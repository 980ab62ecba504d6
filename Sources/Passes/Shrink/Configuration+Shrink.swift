import Checkpoints
import Documents
import Tensors

extension Configuration {
  /// The configuration of a model after layers, heads and neurons were taken out.
  ///
  /// Heads are told by `pruned_heads`, a list for each layer of those of `num_attention_heads` that are gone, as transformers 4
  /// reads it; the width of a head thus stays told by `hidden_size`, and is told by `pare.head_width` where it never was. Neurons are told by `intermediate_size`; where layers differ
  /// that is the widest, and `pare.intermediate` has them all.
  ///
  /// - Parameters:
  ///   - encoder: as it is now.
  ///   - heads: those of each layer that stay, among those it had; nil for all.
  ///   - before: the encoder as it was.
  func describing(
    _ encoder: EncoderArchitecture, layers: LayerPlan, heads: [[Int]]?,
    before: EncoderArchitecture
  ) throws -> Configuration {
    let isShort = encoder.family == .distilbert
    var result = self
    if layers.places != before.layers.count / max(1, before.groupSize) {
      result = try result.setting(
        present("num_hidden_layers", "n_layers", "num_layers")
          ?? (isShort ? "n_layers" : "num_hidden_layers"), to: .integer(layers.places))
    }
    let pruned = try prunedHeads(layers: layers, heads: heads, before: before)
    result = try result.setting("pruned_heads", to: pruned)
    let widths = encoder.storedLayerShapes.map(\.intermediate)
    if let widest = widths.max(), widths != before.storedLayerShapes.map(\.intermediate) {
      result = try result.setting(
        present("intermediate_size", "hidden_dim", "intermediate_dim")
          ?? (isShort ? "hidden_dim" : "intermediate_size"), to: .integer(widest))
    }
    let differ = Set(widths).count > 1
    result = try result.settingExtension(
      "intermediate", to: differ ? .array(widths.map { .integer($0) }) : nil)
    guard let width = encoder.headWidth, headWidth == nil,
      self.heads.map({ before.hidden != $0 * width }) ?? true
    else { return result }
    return try result.settingExtension("head_width", to: .integer(width))
  }

  private func present(_ keys: String...) -> String? { keys.first { document[$0] != nil } }

  /// The heads that each layer lacks of those that the configuration counts; nil if none does.
  private func prunedHeads(
    layers: LayerPlan, heads: [[Int]]?, before: EncoderArchitecture
  ) throws -> JSON? {
    guard let usual = self.heads, usual <= 1 << 16 else { return document["pruned_heads"] }
    let shapes = before.storedLayerShapes
    var members: [(key: String, value: JSON)] = []
    for (index, stored) in layers.kept.enumerated() {
      let present = shapes[stored].heads ?? usual
      let gone = Set((document["pruned_heads"]?["\(stored)"]?.array ?? []).compactMap(\.integer))
      var remaining = (0..<usual).filter { !gone.contains($0) }
      if remaining.count != present { remaining = Array(0..<min(present, usual)) }
      let kept = Set(
        (heads?[index] ?? Array(remaining.indices)).filter(remaining.indices.contains).map {
          remaining[$0]
        })
      let pruned = (0..<usual).filter { !kept.contains($0) }
      if !pruned.isEmpty { members.append(("\(index)", .array(pruned.map { .integer($0) }))) }
    }
    return members.isEmpty ? nil : .object(members)
  }

  /// The configuration with a setting of its member `pare`, which goes when it is empty.
  private func settingExtension(_ key: String, to value: JSON?) throws -> Configuration {
    var members = document["pare"]?.members ?? []
    members.removeAll { $0.key == key }
    if let value { members.append((key, value)) }
    return try setting("pare", to: members.isEmpty ? nil : .object(members))
  }
}
