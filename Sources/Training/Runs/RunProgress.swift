import Tensors

/// How far a run has got, in words for one line of a terminal.
package struct RunProgress: Sendable {
  package var stage: String?
  /// Of the epochs, counted from one.
  package var epoch = 1
  package var epochs = 1
  package var step = 0
  package var steps = 0
  package var loss: Double?
  /// The time at which this was begun, or taken up, and the examples and steps since.
  private let start: Double
  private var examples = 0
  private var made = 0

  /// - Parameter now: seconds of any clock that goes evenly.
  package init(steps: Int, epochs: Int, step: Int = 0, now: Double) {
    self.steps = steps
    self.epochs = epochs
    self.step = step
    start = now
  }

  /// Notes a step.
  package mutating func add(examples: Int, loss: Double?, step: Int, epoch: Int) {
    self.examples += examples
    made += 1
    self.loss = loss
    self.step = step
    self.epoch = epoch
  }

  /// Nil before any time has passed.
  package func examplesPerSecond(now: Double) -> Double? {
    now > start && examples > 0 ? Double(examples) / (now - start) : nil
  }

  /// Nil before anything is known.
  package func secondsLeft(now: Double) -> Double? {
    made > 0 ? (now - start) / Double(made) * Double(max(0, steps - step)) : nil
  }

  package func line(now: Double) -> String {
    var parts = stage.map { [printable($0)] } ?? []
    parts.append("epoch \(epoch)/\(epochs)")
    parts.append("step \(grouped(step))/\(grouped(steps))")
    if let loss { parts.append("loss \(significant(loss))") }
    if let rate = examplesPerSecond(now: now) {
      parts.append("\(fixed(rate, rate < 10 ? 1 : 0)) examples/s")
    }
    if let left = secondsLeft(now: now) { parts.append("\(durationText(left)) left") }
    return parts.joined(separator: "  ")
  }
}

/// A time as people say it: `42 s`, `3 min 20 s`, `2 h 5 min`.
package func durationText(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e9 else { return "very long" }
  let total = Int(max(0, seconds).rounded())
  let (hours, minutes) = (total / 3600, total / 60 % 60)
  if hours > 0 { return "\(hours) h \(minutes) min" }
  if minutes > 0 { return "\(minutes) min \(total % 60) s" }
  return "\(total) s"
}
