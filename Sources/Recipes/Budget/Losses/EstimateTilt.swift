import Checkpoints
import Glibc

/// How far the estimates of some matrices are bent.
struct EstimateTilt {
  /// What errors of words are thought to cost, against those of linears.
  var words = 1.0
  /// What errors of the last layer are thought to cost, against those of the first.
  var depth = 1.0

  enum Direction: CaseIterable { case words, depth }

  private static let limits = 1.0 / 16...16
  /// Text that is at hand has words that were counted; that its errors are small says little of other text.
  private static let leastWords = 1.0

  /// - Returns: nil beyond what is sensible.
  func turned(_ direction: Direction, by factor: Double) -> EstimateTilt? {
    var result = self
    switch direction {
    case .words: result.words *= factor
    case .depth: result.depth *= factor
    }
    return (Self.leastWords...16).contains(result.words) && Self.limits.contains(result.depth)
      ? result : nil
  }

  func factor(of role: Role, layers: Int) -> Double {
    switch role.module {
    case .embedding: words
    case .layer(let index, _): pow(depth, Double(index) / Double(max(1, layers - 1)) - 0.5)
    default: 1
    }
  }
}
