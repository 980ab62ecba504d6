import Checkpoints

/// Whose steps become finer where there is room for more bytes.
enum StepShare: CaseIterable {
  case all, embeddings, layers, firstLayers, lastLayers, attention, feedForward

  /// - Parameter layers: of the model.
  func contains(_ role: Role, layers: Int) -> Bool {
    guard case .layer(let index, let part) = role.module else {
      return self == .all || self == .embeddings
    }
    let isFeedForward = part == .intermediate || part == .output
    switch self {
    case .all, .layers: return true
    case .embeddings: return false
    case .firstLayers: return index * 2 < layers
    case .lastLayers: return index * 2 >= layers
    case .attention: return !isFeedForward
    case .feedForward: return isFeedForward
    }
  }
}
