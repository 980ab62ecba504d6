import TestSupport

@testable import Kernels

/// Activations in memory of their own, between lines that nobody may write.
final class Panels {
  let features: Int
  let tokens: Int
  let memory: PackedMemory
  /// Features of the buffer beyond those in use, before and after them.
  static let margin = 3
  static let untouched: Float = 12345

  var view: Activations {
    Activations(
      base: memory.elements(as: Float.self) + Self.margin * Activations.panelWidth,
      panelStride: (features + 2 * Self.margin) * Activations.panelWidth)
  }
  var panelCount: Int { Activations.panels(tokens: tokens) }

  /// Activations of a value that no kernel makes.
  init(features: Int, tokens: Int) {
    self.features = features
    self.tokens = tokens
    let count =
      Activations.panels(tokens: tokens) * (features + 2 * Self.margin) * Activations.panelWidth
    memory = try! PackedMemory(byteCount: count * 4)
    memory.elements(as: Float.self).update(repeating: Self.untouched, count: count)
  }

  convenience init(
    features: Int, tokens: Int, in range: ClosedRange<Float> = -1...1,
    using generator: inout SeededGenerator
  ) {
    self.init(features: features, tokens: tokens)
    for token in 0..<(panelCount * Activations.panelWidth) {
      for feature in 0..<features {
        view[token, feature] = Float.random(in: range, using: &generator)
      }
    }
  }

  /// A copy whose tokens begin at another lane.
  convenience init(_ other: Panels, tokens: Range<Int>, at first: Int = 0) {
    self.init(features: other.features, tokens: first + tokens.count)
    for token in 0..<(panelCount * Activations.panelWidth) {
      let source = token - first + tokens.lowerBound
      for feature in 0..<features {
        view[token, feature] = tokens.contains(source) ? other.view[source, feature] : 0.25
      }
    }
  }

  subscript(token: Int, feature: Int) -> Float {
    get { view[token, feature] }
    set { view[token, feature] = newValue }
  }

  /// Whether no feature outside these, nor any outside the buffer's, was written.
  func isUntouched(outside written: Range<Int>) -> Bool {
    for token in 0..<(panelCount * Activations.panelWidth) {
      for feature in -Self.margin..<(features + Self.margin) where !written.contains(feature) {
        if at(token, feature) != Self.untouched { return false }
      }
    }
    return true
  }

  private func at(_ token: Int, _ feature: Int) -> Float {
    let width = Activations.panelWidth
    return view.panel(token / width)[feature * width + token % width]
  }
}

/// Random floats.
func randomFloats(_ count: Int, using generator: inout SeededGenerator) -> [Float] {
  (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
}

/// The two ways in which every kernel runs, where this processor has both.
let ways: [Instructions] =
  Instructions.available == .avx2 ? [.baseline, .avx2] : [.baseline]
