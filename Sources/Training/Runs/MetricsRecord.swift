import Documents

/// One line of a metrics file: a flat object of the schema `pare.metrics/1` (formats/metrics.schema.json).
package struct MetricsRecord: Sendable, Equatable {
  package static let schema = "pare.metrics/1"

  package var kind: Kind
  /// How many steps were made when it was written.
  package var step: Int
  package var epoch: Int
  /// Since the run began, without the time between a kill and a resumption.
  package var seconds: Double
  /// What else is known, by keys that the schema lists.
  package var values: [(key: Key, value: JSON)]

  package enum Kind: String, Sendable, CaseIterable {
    /// A step of the optimizer, or the mean of several.
    case step
    /// The model held against examples that it does not learn from.
    case evaluation
    /// A compression was applied.
    case compression
    /// A stage began.
    case stage
  }

  package enum Key: String, Sendable, CaseIterable {
    case stage, loss, rate, gradientNorm, examplesPerSecond
    case split, metric, value, best
    case pass, strength, parameters, nonzero
  }

  package init(
    _ kind: Kind, step: Int, epoch: Int, seconds: Double, _ values: [(key: Key, value: JSON)] = []
  ) {
    self.kind = kind
    self.step = step
    self.epoch = epoch
    self.seconds = seconds
    self.values = values
  }

  package static func == (left: Self, right: Self) -> Bool { left.json == right.json }

  package var json: JSON {
    .object(
      [
        ("schema", .string(Self.schema)), ("kind", .string(kind.rawValue)),
        ("step", .integer(step)),
        ("epoch", .integer(epoch)), ("seconds", .number(seconds)),
      ] + values.map { ($0.key.rawValue, $0.value) })
  }

  /// Nil for what is no such line.
  package init?(_ json: JSON) {
    guard json["schema"]?.string == Self.schema,
      let kind = json["kind"]?.string.flatMap(Kind.init), let step = json["step"]?.integer,
      let epoch = json["epoch"]?.integer, let seconds = json["seconds"]?.number
    else { return nil }
    self.init(kind, step: step, epoch: epoch, seconds: seconds)
    for (name, value) in json.members ?? [] {
      if let key = Key(rawValue: name) { values.append((key, value)) }
    }
  }

  package subscript(key: Key) -> JSON? { values.last { $0.key == key }?.value }
}
