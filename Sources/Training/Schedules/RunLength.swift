import Documents
import Tensors

/// A length of a run, or a moment in it.
///
/// As text: `500` steps, `4e` or `0.5e` epochs, `10%` of the run, which `0.1` means too.
package enum RunLength: Sendable, Equatable, CustomStringConvertible {
  case steps(Int)
  case epochs(Double)
  /// Of the whole run, from 0 to 1.
  case share(Double)

  /// - Throws: ``Failure`` of usage if the text is none of these.
  package init(_ text: some StringProtocol) throws {
    guard let length = Self(parsing: String(text)) else {
      throw Failure(ScheduleReason.length(String(text)))
    }
    self = length
  }

  private init?(parsing text: String) {
    switch text.last {
    case "e":
      guard let epochs = plainNumber(text.dropLast()), epochs < 1e9 else { return nil }
      self = .epochs(epochs)
    case "%":
      guard let percent = plainNumber(text.dropLast()), percent <= 100 else { return nil }
      self = .share(percent / 100)
    default:
      if let steps = Int(text), (0..<1 << 50).contains(steps), text.first != "+" {
        self = .steps(steps)
      } else if let share = plainNumber(text[...]), share < 1 {
        self = .share(share)
      } else {
        return nil
      }
    }
  }

  /// In steps of a run, to the nearest.
  func steps(in clock: RunClock) -> Int {
    switch self {
    case .steps(let steps): steps
    case .epochs(let epochs): Int((epochs * Double(clock.stepsPerEpoch)).rounded())
    case .share(let share): Int((share * Double(clock.steps)).rounded())
    }
  }

  package var description: String {
    switch self {
    case .steps(let steps): "\(steps)"
    case .epochs(let epochs): shortest(epochs) + "e"
    // A share of 1 would read as one step.
    case .share(let share): share == 1 || share == 0 ? shortest(share * 100) + "%" : "\(share)"
    }
  }
}

/// How long a run is, which schedules are measured by.
package struct RunClock: Sendable, Equatable {
  /// Of the optimizer, from the first to the last.
  package var steps: Int
  package var stepsPerEpoch: Int

  package init(steps: Int, stepsPerEpoch: Int) {
    self.steps = max(0, steps)
    self.stepsPerEpoch = max(1, stepsPerEpoch)
  }
}

/// The number that digits with at most one point stand for: not negative, no exponent.
func plainNumber(_ text: some StringProtocol) -> Double? {
  guard (1...20).contains(text.utf8.count),
    text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || $0 == UInt8(ascii: ".") })
  else { return nil }
  return Double(String(text))
}

/// A number without a fraction that is zero.
package func shortest(_ number: Double) -> String {
  number == number.rounded() && number.magnitude < 1e15 ? "\(Int(number))" : "\(number)"
}
