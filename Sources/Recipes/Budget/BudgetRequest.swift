import Tensors

/// What a model is to be brought down to, and what may be used to find out how.
package struct BudgetRequest: Sendable {
  /// What the weights are going to take at most, in bytes: of a family of files each of them.
  package var targets: [Int]
  /// How many times as fast the model is to become, where that is asked for and not a size.
  package var speedup: Double?
  /// Whether targets are for all files of the output, configuration and vocabulary too.
  package var isOfFolder = false
  /// The text that the model is calibrated on.
  package var source: CalibrationRequest.Source
  /// Text of which the words are counted too.
  package var frequencies: [String] = []
  package var methods = BudgetMethod.usual
  /// Where statistics are kept, and taken from if they are there.
  package var statisticsPath: String
  /// How many texts are read, besides those that are held out.
  package var examples = 512
  package var seed: UInt64 = 42
  package var threads = 1

  package init(targets: [Int], source: CalibrationRequest.Source, statisticsPath: String) {
    (self.targets, self.source, self.statisticsPath) = (targets, source, statisticsPath)
  }

  /// How many texts are held out at most.
  static let heldOut = 256
}

/// Why a budget cannot be met.
package enum BudgetReason: Reason {
  case impossible(target: Int, least: Int, loss: Double)
  case tooSlow(target: Double, most: Double, loss: Double)
  case notASize(String)
  case tooLittleText(Int)
  case noMatrices
  case tooMuchLost(metric: String, drop: Double)

  package var outcome: Outcome {
    switch self {
    case .notASize: .usage
    case .impossible, .tooSlow, .tooLittleText, .noMatrices: .badInput
    case .tooMuchLost: .checkFailed
    }
  }

  package var description: String {
    switch self {
    case .impossible(let target, let least, let loss):
      "cannot be brought down to \(byteText(target)): the least is \(grouped(least)) bytes, at a divergence of \(fixed(loss, 3)) from what it was"
    case .tooSlow(let target, let most, let loss):
      "cannot be made \(fixed(target, 2)) times as fast: the most that was reached is \(fixed(most, 2)), at a divergence of \(fixed(loss, 3)) from what it was"
    case .notASize(let text): "'\(printable(text))' is no size, as 8MB, 750kB or 2.5MiB are"
    case .tooLittleText(let count):
      "there \(count == 1 ? "is 1 text" : "are \(count) texts") to calibrate on; at least \(Self.leastTexts) are needed"
    case .tooMuchLost(let metric, let drop):
      "no smaller file was found whose \(metric) is within \(fixed(drop, 2)) points of what it was"
    case .noMatrices: "has no matrix of floating-point numbers to hold otherwise"
    }
  }

  package var hint: String? {
    switch self {
    case .tooSlow:
      "'pare shrink' leaves out layers, heads and neurons, and '--compute int8' computes in integers"
    case .impossible: "'pare trim' leaves out words, and 'pare shrink' layers, heads and neurons"
    default: nil
    }
  }

  static let leastTexts = 8
}

/// A number of bytes as users write it: `8MB`, `750 kB`, `2.5MiB`, `1000000`.
package struct ByteSize: Sendable, Equatable {
  package let bytes: Int

  package init(_ text: String) throws {
    let digits = text.prefix { $0.isNumber || $0 == "." }
    let unit = text.dropFirst(digits.count).trimmingPrefix(while: \.isWhitespace).lowercased()
    let units: [String: Double] = [
      "": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9,
      "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824,
    ]
    guard let number = Double(digits), let unit = units[unit], number * unit >= 1,
      number * unit < 1e15
    else { throw Failure(BudgetReason.notASize(text)) }
    bytes = Int(number * unit)
  }
}
