import Documents
import Tensors
import Training

/// How long trainings may take together, and what of them is left out for that.
///
/// The rule: where they would take longer by f than they may, each goes through 1/f of what it would have gone through: of its epochs
/// as many whole ones as that is, at least one, and of its examples and its transfer text the share that fills the time. Nothing is ever added.
package struct TimeBudget: Sendable {
  package let seconds: Double

  /// - Parameter text: `90s`, `25m`, `1h` or `1h30m`.
  /// - Throws: ``Failure`` of usage if it is none of these, or no time.
  package init(_ text: String) throws {
    var rest = text[...]
    var total = 0.0
    for (unit, length) in [("h", 3600.0), ("m", 60), ("s", 1)] {
      guard let end = rest.firstIndex(of: Character(unit)) else { continue }
      guard let number = Int(rest[..<end]), (0...1_000_000).contains(number) else {
        throw Failure(TimeBudgetReason.notATime(text))
      }
      total += Double(number) * length
      rest = rest[rest.index(after: end)...]
    }
    guard rest.isEmpty, total > 0 else { throw Failure(TimeBudgetReason.notATime(text)) }
    seconds = total
  }

  /// What each stage goes through, of which it is known how long it would take.
  func portions(of stages: [(epochs: Int, seconds: Double)]) -> [TrainingPortion] {
    let total = stages.reduce(0) { $0 + $1.seconds }
    let share = min(1, seconds / max(total, 1e-9))
    return stages.map { stage in
      let wanted = Double(stage.epochs) * share
      let epochs = max(1, min(stage.epochs, Int(wanted + 1e-9)))
      return TrainingPortion(epochs: epochs, examples: min(1, wanted / Double(epochs)))
    }
  }
}

/// How much of what it could learn a stage learns from.
package struct TrainingPortion: Sendable, Equatable {
  package var epochs: Int
  /// The share of the examples, and of the transfer text.
  package var examples: Double
}

extension TrainingPortion {
  /// `1 epoch on 93.1 % of the examples`.
  var text: String {
    "\(epochs) \(epochs == 1 ? "epoch" : "epochs")"
      + (examples < 1 ? " on \(fixed(examples * 100, 1)) % of the examples" : "")
  }

  var json: JSON { .object([("epochs", .integer(epochs)), ("examples", .number(examples))]) }

  init?(_ json: JSON) {
    guard let epochs = json["epochs"]?.integer, epochs > 0,
      let examples = json["examples"]?.number, examples > 0, examples <= 1
    else { return nil }
    self.init(epochs: epochs, examples: examples)
  }
}

extension TrainingStageRequest {
  /// The stage with less to go through.
  func taking(_ portion: TrainingPortion) -> TrainingStageRequest {
    var result = self
    result.settings.epochs = portion.epochs
    result.exampleShare = portion.examples
    return result
  }
}

/// Why there is no budget of time.
enum TimeBudgetReason: Reason {
  case notATime(String)

  var outcome: Outcome { .usage }

  var description: String {
    switch self {
    case .notATime(let text):
      "a time is written as 90s, 25m or 1h30m, not '\(printable(text))'"
    }
  }
}

/// Portions that a run has begun with, kept beside its state: a run that is taken up goes by them, and measures nothing.
enum PortionFile {
  static let name = "portions.json"

  static func write(_ portions: [TrainingPortion], in folder: String) throws {
    try OutputTransaction.write(
      Array(JSON.array(portions.map(\.json)).text().utf8), to: joinPath(folder, name))
  }

  /// - Throws: ``Failure`` if there are none, or not so many.
  static func read(in folder: String, count: Int) throws -> [TrainingPortion] {
    let path = joinPath(folder, name)
    guard exists(path) else { throw Failure(RunReason.nothingToResume, at: Place(file: folder)) }
    let input = try InputFile(path)
    let json = try JSON.parse(try input.bytes(0..<input.byteCount), file: path)
    let portions = (json.array ?? []).compactMap(TrainingPortion.init)
    guard portions.count == count else {
      throw Failure(RunReason.otherRun, at: Place(file: folder))
    }
    return portions
  }
}
