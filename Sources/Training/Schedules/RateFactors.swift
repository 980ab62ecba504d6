import Checkpoints

/// What the learning rate is multiplied by in each part of a model.
///
/// With a layer decay d, the head's factor is 1, that of layer i of L (from 0) is d^(L − i), and the embeddings' is d^(L + 1), as in
/// discriminative fine-tuning (Howard and Ruder, 2018). Factors of parts are multiplied to that.
package struct RateFactors: Sendable, Equatable {
  package var embeddings = 1.0
  /// By index, where they differ from 1.
  package var layers: [Int: Double] = [:]
  /// Of the pooler too.
  package var head = 1.0
  package var layerDecay = 1.0
  /// How many layers the model has, for layer decay.
  package var layerCount = 0

  package init() {}

  package subscript(role: Role) -> Double {
    switch role.module {
    case .embedding: embeddings * power(layerCount + 1)
    case .lstm: (layers[0] ?? 1) * power(1)
    case .layer(let index, _): (layers[index] ?? 1) * power(max(0, layerCount - index))
    case .projection, .pooler, .head: head
    }
  }

  private func power(_ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { product, _ in product * layerDecay }
  }
}
