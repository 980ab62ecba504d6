import Documents
import Glibc
import Tensors

/// Follows the loss of a run, smooths it for people, and stops what cannot become good any more.
///
/// The smoothed loss is a mean whose weights fall by a tenth from step to step, corrected for its beginning. A loss that is NaN or infinite stops the run. It has
/// exploded when the smoothed loss is more than ten times as great as it was at its greatest in the first twenty steps, and
/// greater than 10: losses have no common scale, but none that works gets so much worse than where it began. After the model or
/// the loss was changed, ``begin()`` sets a new beginning.
package struct LossWatch: Sendable, Equatable {
  /// Of how many steps the mean is made since the beginning.
  private var steps = 0
  private var mean = 0.0
  private var highest = 0.0

  private static let keeping = 0.9
  private static let opening = 20
  private static let factor = 10.0
  private static let floor = 10.0

  package init() {}

  /// Nil before the first step.
  package var smoothed: Double? {
    guard steps > 0 else { return nil }
    return mean / (1 - pow(Self.keeping, Double(steps)))
  }

  /// Takes what follows for a new beginning.
  package mutating func begin() { self = LossWatch() }

  /// - Parameter step: counted from one, for the message.
  /// - Throws: ``Failure`` that says the step.
  package mutating func add(_ loss: Double, step: Int) throws {
    guard loss.isFinite else { throw Failure(RunReason.notFinite(step: step)) }
    steps += 1
    mean = Self.keeping * mean + (1 - Self.keeping) * loss
    let smoothed = smoothed ?? loss
    if steps <= Self.opening {
      highest = max(highest, smoothed)
    } else if smoothed > max(Self.factor * highest, Self.floor) {
      throw Failure(RunReason.exploded(step: step, loss: smoothed, from: highest))
    }
  }
}

extension LossWatch {
  var json: JSON {
    .object([("steps", .integer(steps)), ("mean", .number(mean)), ("highest", .number(highest))])
  }

  init(_ json: JSON?) throws {
    guard let steps = json?["steps"]?.integer, steps >= 0, let mean = json?["mean"]?.number,
      let highest = json?["highest"]?.number
    else { throw Failure(RunReason.damaged("the loss is not told")) }
    (self.steps, self.mean, self.highest) = (steps, mean, highest)
  }
}
