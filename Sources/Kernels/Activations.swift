/// A view of activations in token panels: `[panel][feature][16 tokens]`, F32, aligned to 64 bytes.
///
/// Tokens of several sentences stand side by side without padding; only the last panel may be partly
/// filled. A panel is a packed operand of a product, a sparse product broadcasts a weight against the
/// 16 tokens of a feature, and what is reduced over features is reduced without crossing lanes.
///
/// Several threads may hold views of one buffer: who writes which panels, features or lanes is for
/// their callers to divide.
package struct Activations: @unchecked Sendable {
  /// Tokens in a panel.
  package static let panelWidth = 16

  /// The first feature of the first panel.
  package var base: UnsafeMutablePointer<Float>
  /// Floats from one panel to the next: the features of the whole buffer × 16.
  package var panelStride: Int

  package init(base: UnsafeMutablePointer<Float>, panelStride: Int) {
    self.base = base
    self.panelStride = panelStride
  }

  /// The first feature of a panel.
  package func panel(_ index: Int) -> UnsafeMutablePointer<Float> { base + index &* panelStride }

  /// The same tokens from a later feature on, as the keys within a combined buffer of queries, keys
  /// and values.
  package func dropping(features: Int) -> Activations {
    Activations(base: base + features &* Self.panelWidth, panelStride: panelStride)
  }

  /// The same features from a later panel on.
  package func dropping(panels: Int) -> Activations {
    Activations(base: panel(panels), panelStride: panelStride)
  }

  /// The panels that a number of tokens fills, the last one perhaps in part.
  package static func panels(tokens: Int) -> Int { (tokens + panelWidth - 1) / panelWidth }
}
