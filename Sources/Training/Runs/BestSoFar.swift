import Documents
import Tensors

/// Which of a run's evaluations was the best, and whether it is worth going on.
///
/// The first of equal values counts. An undefined value is never the best.
package struct BestSoFar: Sendable, Equatable {
  /// After how many evaluations in a row without a better one the run stops; nil for never.
  package var patience: Int?
  package private(set) var value: Double?
  /// When the best was found: after so many steps.
  package private(set) var step = 0
  private var worse = 0

  package init(patience: Int? = nil) { self.patience = patience }

  /// - Parameter value: the greater the better.
  /// - Returns: whether it is the best so far.
  package mutating func add(_ value: Double, step: Int) -> Bool {
    guard !value.isNaN, self.value.map({ value > $0 }) ?? true else {
      worse += 1
      return false
    }
    (self.value, self.step, worse) = (value, step, 0)
    return true
  }

  package var shouldStop: Bool { patience.map { worse >= $0 } ?? false }

  /// Takes what follows for a new beginning, as after a compression that no earlier evaluation can be held against.
  package mutating func begin() { self = BestSoFar(patience: patience) }
}

extension BestSoFar {
  var json: JSON {
    .object([
      ("patience", JSON(patience)), ("value", value.map(JSON.number) ?? .null),
      ("step", .integer(step)), ("worse", .integer(worse)),
    ])
  }

  init(_ json: JSON?) throws {
    guard let json, let step = json["step"]?.integer, let worse = json["worse"]?.integer,
      step >= 0, worse >= 0
    else { throw Failure(RunReason.damaged("the best evaluation is not told")) }
    self.patience = json["patience"]?.integer
    self.value = json["value"]?.number
    self.step = step
    self.worse = worse
  }
}
