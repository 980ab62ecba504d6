import Tensors

/// How strong a compression is at each moment of a run, and when it is applied again.
///
/// From its start to its end the strength grows from the first value to the last, and is applied at the start, then every so often, and at
/// the end. Cubic growth is s(x) = s_f + (s_0 − s_f)(1 − x)³ (Zhu and Gupta, "To Prune, or Not to Prune", 2017); a first
/// value above 0 is the large first step that leaves more time to recover.
///
/// As text: `cubic`, `linear` or `constant`, then `to=STRENGTH`, `from=STRENGTH`, `start=MOMENT`, `end=MOMENT`, `every=LENGTH`.
package struct GrowthSchedule: Sendable, Equatable {
  package var shape: Shape
  /// At the start, and at the end.
  package var first: Double
  package var last: Double
  package var start: RunLength
  package var end: RunLength
  package var every: RunLength

  package enum Shape: String, Sendable, CaseIterable {
    case cubic, linear
    /// All of it at the start.
    case constant
  }

  package init(
    _ shape: Shape, from first: Double = 0, to last: Double, start: RunLength = .steps(0),
    end: RunLength = .share(1), every: RunLength = .steps(1)
  ) {
    self.shape = shape
    self.first = first
    self.last = last
    self.start = start
    self.end = end
    self.every = every
  }

  /// The strength at a step; nil before the start.
  package func strength(at step: Int, of clock: RunClock) -> Double? {
    let (start, end) = bounds(clock)
    guard step >= start else { return nil }
    guard step < end, shape != .constant else { return last }
    let rest = 1 - Double(step - start) / Double(end - start)
    return last + (first - last) * (shape == .cubic ? rest * rest * rest : rest)
  }

  /// The steps before which it is applied, ascending, and how strong.
  package func applications(in clock: RunClock) -> [(step: Int, strength: Double)] {
    let (start, end) = bounds(clock)
    var steps = [start]
    if shape != .constant {
      steps += stride(from: start, to: end, by: max(1, every.steps(in: clock))).dropFirst()
      if end > start { steps.append(end) }
    }
    return steps.map { ($0, strength(at: $0, of: clock)!) }
  }

  private func bounds(_ clock: RunClock) -> (start: Int, end: Int) {
    let start = start.steps(in: clock)
    return (start, max(start, end.steps(in: clock)))
  }
}

extension GrowthSchedule: CustomStringConvertible {
  /// - Parameter end: the strength at the end, where the text is not to tell it.
  /// - Throws: ``Failure`` of usage that names what is known.
  package init(_ text: String, to end: Double? = nil) throws {
    var settings = try ScheduleSettings(text)
    guard let shape = Shape(rawValue: settings.name) else {
      throw Failure(
        ScheduleReason.unknown(settings.name, known: Shape.allCases.map(\.rawValue)))
    }
    guard let last = try end ?? settings.number("to", 0...1) else {
      throw Failure(ScheduleReason.missing("to", of: settings.name))
    }
    self.init(shape, to: last)
    start = try settings.length("start") ?? start
    let strengths = end == nil ? ["to", "from"] : []
    if shape != .constant {
      if end == nil { first = try settings.number("from", 0...1) ?? first }
      self.end = try settings.length("end") ?? self.end
      every = try settings.length("every") ?? every
    }
    try settings.finish(
      known: (shape == .constant ? strengths.prefix(1) : strengths[...]) + ["start"]
        + (shape == .constant ? [] : ["end", "every"]))
  }

  package var description: String {
    var parts = [shape.rawValue, "to=\(shortest(last))"]
    let usual = GrowthSchedule(shape, to: last)
    if first != usual.first { parts.append("from=\(shortest(first))") }
    if start != usual.start { parts.append("start=\(start)") }
    if end != usual.end { parts.append("end=\(end)") }
    if every != usual.every { parts.append("every=\(every)") }
    return parts.joined(separator: " ")
  }

  /// Fails where the schedule does not fit a run: an end that is not behind the start, or beyond the run.
  package func check(_ clock: RunClock) throws {
    let (from, to) = (start.steps(in: clock), end.steps(in: clock))
    guard shape == .constant || from <= to else {
      throw Failure(ScheduleReason.order("start=\(start)", "end=\(end)"))
    }
    guard from <= clock.steps, shape == .constant || to <= clock.steps else {
      throw Failure(
        ScheduleReason.order(
          from <= clock.steps ? "end=\(end)" : "start=\(start)", "the end of the run"))
    }
  }
}
