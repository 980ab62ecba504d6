import Checkpoints
import Passes
import Tensors

/// A pass that is called while a model is trained: when, how strong it is each time, and by what it chooses.
///
/// As text: a growth schedule without its end's strength, which the pass itself tells, and `by=MEASURE`, `hold=MOMENT` beside it; then a
/// colon and the pass: `cubic from=0.5 end=60% every=50 by=taylor: prune sparsity=0.9 pattern=4x1`.
package struct GradualPass: Sendable, CustomStringConvertible {
  /// Its strengths are shares of the way from what the model was to what is asked for.
  package let schedule: GrowthSchedule
  package let measure: ImportanceMeasure
  /// When the scales of a pass that rounds stop following the weights.
  package let hold: RunLength?
  package let curvature: CurvatureSettings
  package let type: any Pass.Type
  package let arguments: PassArguments
  private let scheduleText: String

  /// - Parameter text: what stands before the colon.
  /// - Throws: ``Failure`` of usage if the schedule is none, or the pass cannot be called while a model is trained.
  package init(_ text: String, type: any Pass.Type, _ arguments: PassArguments) throws {
    self.type = type
    self.arguments = arguments
    scheduleText = text
    var words = text.split(separator: " ").map(String.init)
    measure = try Self.measure(&words)
    let hold = try Self.take("hold", from: &words).map { try RunLength($0) }
    let from = try Self.take("from", from: &words)
    curvature = try Self.curvature(&words, for: measure)
    var share = 0.0
    if measure == .secondOrder, type.declaration.name != Prune.declaration.name {
      throw Failure(GradualReason.notMeasuredFor(type.declaration.name, measure))
    }
    let isRounding = type is any RoundingPass.Type
    let grows = words.first.map { $0 != GrowthSchedule.Shape.constant.rawValue } ?? false
    if grows || from != nil || measure != .magnitude {
      guard let growing = type as? any GrowingPass.Type else {
        throw Failure(GradualReason.doesNotGrow(type.declaration.name))
      }
      if let from {
        guard let strength = plainNumber(from) else {
          throw Failure(ScheduleReason.value("from", from, expected: "a number"))
        }
        share = try growing.share(of: strength, in: arguments)
      }
    } else if !isRounding, !(type is any GrowingPass.Type) {
      throw Failure(GradualReason.notWhileTraining(type.declaration.name))
    }
    guard hold == nil || isRounding else {
      throw Failure(GradualReason.nothingToHold(type.declaration.name))
    }
    self.hold = hold
    var schedule = try GrowthSchedule(words.joined(separator: " "), to: 1)
    schedule.first = share
    self.schedule = schedule
    // Contradictions are told before anything is trained.
    _ = try type.init(arguments)
  }

  private static func measure(_ words: inout [String]) throws -> ImportanceMeasure {
    guard let name = try take("by", from: &words) else { return .magnitude }
    guard let measure = ImportanceMeasure(rawValue: name) else {
      throw Failure(
        GradualReason.measure(name, known: ImportanceMeasure.allCases.map(\.rawValue)))
    }
    return measure
  }

  private static func curvature(
    _ words: inout [String], for measure: ImportanceMeasure
  ) throws -> CurvatureSettings {
    var result = CurvatureSettings()
    func number(_ key: String, _ range: ClosedRange<Double>) throws -> Double? {
      guard let text = try take(key, from: &words) else { return nil }
      guard measure == .secondOrder, let value = Double(text), range.contains(value) else {
        throw Failure(
          ScheduleReason.value(
            key, text,
            expected:
              "a number from \(range.lowerBound) to \(range.upperBound), with by=second-order"))
      }
      return value
    }
    if let size = try number("block", 1...64) { result.size = Int(size) }
    if let count = try number("gradients", 1...65_536) { result.gradients = Int(count) }
    if let damping = try number("damping", 1e-12...1e3) { result.damping = damping }
    if let rounds = try number("rounds", 1...100) { result.rounds = Int(rounds) }
    return result
  }

  private static func take(_ key: String, from words: inout [String]) throws -> String? {
    let found = words.filter { $0.hasPrefix("\(key)=") }
    guard found.count < 2 else { throw Failure(ScheduleReason.twice(key)) }
    words.removeAll { $0.hasPrefix("\(key)=") }
    return found.first.map { String($0.dropFirst(key.count + 1)) }
  }

  package var description: String {
    let options = arguments.values.map { "\($0.option)=\($0.values.joined(separator: ","))" }
    return "\(scheduleText): " + ([type.declaration.name] + options).joined(separator: " ")
  }

  /// The pass as it is at a share of the way; nil where it does nothing yet.
  ///
  /// - Parameter isMeasured: whether statistics of the moment are there for it.
  func pass(
    at share: Double, from origin: Checkpoint, isMeasured: Bool
  ) throws -> (any Pass)? {
    var arguments: PassArguments? = arguments
    if let growing = type as? any GrowingPass.Type {
      arguments = try growing.arguments(self.arguments, at: share, from: origin)
    }
    guard var arguments else { return nil }
    if isMeasured {
      arguments = try PassArguments(
        of: type.declaration,
        arguments.values.filter { $0.option != PassOption.statistics.name }
          + [(PassOption.statistics.name, ["measured"])])
    }
    return try type.init(arguments)
  }
}

/// Why a pass is not called while a model is trained.
package enum GradualReason: Reason {
  case doesNotGrow(String)
  case notWhileTraining(String)
  case nothingToHold(String)
  case measure(String, known: [String])
  case noColon(String)
  case notMeasuredFor(String, ImportanceMeasure)

  package var outcome: Outcome { .usage }

  package var description: String {
    switch self {
    case .doesNotGrow(let pass): "\(pass) does not grow, and chooses nothing by importance"
    case .notWhileTraining(let pass): "\(pass) is not applied while a model is trained"
    case .nothingToHold(let pass): "\(pass) has no scales that 'hold' could keep"
    case .measure(let name, let known):
      "'by' is one of \(known.joined(separator: ", ")), not '\(printable(name))'"
    case .noColon(let text):
      "a schedule, a colon and a pass are expected, as in 'cubic every=50: prune sparsity=0.9'; found '\(printable(text))'"
    case .notMeasuredFor(let pass, let measure):
      "\(pass) does not choose by '\(measure.rawValue)'"
    }
  }

  package var hint: String? {
    switch self {
    case .doesNotGrow: "the schedule 'constant start=MOMENT' applies it once"
    case .notWhileTraining: "make it a step of a recipe, before or after the training"
    default: nil
    }
  }
}
