import Checkpoints
import Glibc
import Tensors

/// Targets drawn from what a model predicts: over them the mean of the squared gradient is the Fisher information, and no labels are needed
/// (Kunstner, Hennig and Balles, "Limitations of the Empirical Fisher Approximation", 2019).
struct DrawnTargets {
  private let head: Head
  private let seed: UInt64

  /// - Throws: ``Failure`` if the model has no head of which targets are known.
  init(for head: Head, seed: UInt64) throws {
    switch head {
    case .sequenceClassification, .tokenClassification, .questionAnswering:
      (self.head, self.seed) = (head, seed)
    default: throw Failure(CalibrationReason.head(head))
    }
  }

  /// - Parameter example: the index of the only sequence of the output.
  func targets(of output: ModelOutput, example: Int) throws -> Targets {
    guard let logits = output.logits?.value else { throw Failure(CalibrationReason.head(head)) }
    var generator = KeyedGenerator(seed, UInt64(example), 5)
    switch head {
    case .questionAnswering:
      // Columns are where the answer begins and where it ends.
      let ends = (0..<2).map { column in
        Self.draw((0..<logits.rows).map { logits.row($0)[column] }, &generator)
      }
      return .spans([TokenSpan(start: Int32(ends[0]), end: Int32(ends[1]))])
    case .sequenceClassification where logits.columns == 1:
      // A score with an error of a unit's deviation, either way.
      return .scores([logits.row(0)[0] + (generator.below(2) == 0 ? 1 : -1)])
    default:
      let classes = (0..<logits.rows).map { row in
        Int32(
          Self.draw((0..<logits.columns).map { logits.row(row)[$0] }, &generator))
      }
      return head == .tokenClassification ? .tokens(classes) : .classes(classes)
    }
  }

  /// An index, as likely as the softmax of the logits says.
  private static func draw(_ logits: [Float], _ generator: inout KeyedGenerator) -> Int {
    let greatest = logits.max() ?? 0
    let weights = logits.map { exp(Double($0 - greatest)) }
    var left = generator.unit() * weights.reduce(0, +)
    for (index, weight) in weights.enumerated() {
      left -= weight
      if left < 0 { return index }
    }
    return max(0, weights.count - 1)
  }
}

/// Why a model is not calibrated.
package enum CalibrationReason: Reason {
  case head(Head)

  package var description: String {
    switch self {
    case .head(let head):
      head == .none
        ? "has no head, without which no loss can be derived; --measure inputs needs none"
        : "no labels can be drawn from a head for \(head.rawValue); --measure inputs needs none"
    }
  }
}
