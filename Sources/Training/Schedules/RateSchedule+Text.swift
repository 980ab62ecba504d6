import Tensors

/// The text of a schedule: a name, then settings `key=value` in any order.
///
///     constant
///     linear      end=SHARE
///     cosine      end=SHARE, cycles=COUNT, or restarts=LENGTH mult=FACTOR high=FACTOR
///     cyclic      period=LENGTH first=LENGTH end=SHARE
///
/// and for all of them `warmup=LENGTH` and `rewinds=LENGTH,LENGTH`. A share is one of the peak, from 0 to 1; lengths are
/// ``RunLength``s. `cosine restarts=50e mult=2 high=0.97` has cycles of 50, 100, 200 … epochs.
extension RateSchedule: CustomStringConvertible {
  /// - Throws: ``Failure`` of usage that names what is known.
  package init(_ text: String) throws {
    var settings = try ScheduleSettings(text)
    let warmup = try settings.length("warmup") ?? .steps(0)
    let rewinds = try settings.lengths("rewinds")
    let shape = try Shape(&settings)
    try settings.finish(known: Shape.keys(settings.name) + ["warmup", "rewinds"])
    self.init(shape, warmup: warmup, rewinds: rewinds)
  }

  package var description: String {
    var parts = [shape.text]
    if warmup != .steps(0) { parts.append("warmup=\(warmup)") }
    if !rewinds.isEmpty {
      parts.append("rewinds=" + rewinds.map(\.description).joined(separator: ","))
    }
    return parts.joined(separator: " ")
  }
}

extension RateSchedule.Shape {
  fileprivate static let names = ["constant", "linear", "cosine", "cyclic"]

  fileprivate static func keys(_ name: String) -> [String] {
    switch name {
    case "linear": ["end"]
    case "cosine": ["end", "cycles", "restarts", "mult", "high"]
    case "cyclic": ["period", "first", "end"]
    default: []
    }
  }

  fileprivate init(_ settings: inout ScheduleSettings) throws {
    let end = { (settings: inout ScheduleSettings) in
      try settings.number("end", 0...1) ?? 0
    }
    switch settings.name {
    case "constant": self = .constant
    case "linear": self = .linear(end: try end(&settings))
    case "cosine": self = try Self.cosine(&settings, end: end(&settings))
    case "cyclic":
      guard let period = try settings.length("period") else {
        throw Failure(ScheduleReason.missing("period", of: "cyclic"))
      }
      self = .cyclic(period: period, first: try settings.length("first"), end: try end(&settings))
    default: throw Failure(ScheduleReason.unknown(settings.name, known: Self.names))
    }
  }

  private static func cosine(_ settings: inout ScheduleSettings, end: Double) throws -> Self {
    let cycles = try settings.count("cycles")
    guard let first = try settings.length("restarts") else {
      for key in ["mult", "high"] where settings.has(key) {
        throw Failure(ScheduleReason.missing("restarts", of: "a cosine with \(key)"))
      }
      return cycles.map { .cosineCycles($0, end: end) } ?? .cosine(end: end)
    }
    guard cycles == nil else { throw Failure(ScheduleReason.both("cycles", "restarts")) }
    return .cosineRestarts(
      first: first, longer: try settings.number("mult", 1...1000) ?? 1,
      high: try settings.number("high", 0...1) ?? 1, end: end)
  }

  fileprivate var text: String {
    func with(_ name: String, _ settings: [(String, String?)]) -> String {
      ([name] + settings.compactMap { key, value in value.map { "\(key)=\($0)" } })
        .joined(separator: " ")
    }
    func unless(_ usual: Double, _ value: Double) -> String? {
      value == usual ? nil : shortest(value)
    }
    switch self {
    case .constant: return "constant"
    case .linear(let end): return with("linear", [("end", unless(0, end))])
    case .cosine(let end): return with("cosine", [("end", unless(0, end))])
    case .cosineCycles(let count, let end):
      return with("cosine", [("cycles", "\(count)"), ("end", unless(0, end))])
    case .cosineRestarts(let first, let longer, let high, let end):
      return with(
        "cosine",
        [
          ("restarts", "\(first)"), ("mult", unless(1, longer)), ("high", unless(1, high)),
          ("end", unless(0, end)),
        ])
    case .cyclic(let period, let first, let end):
      return with(
        "cyclic",
        [("period", "\(period)"), ("first", first.map { "\($0)" }), ("end", unless(0, end))])
    }
  }
}
