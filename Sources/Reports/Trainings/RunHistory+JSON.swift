import Documents

extension RunHistory {
  /// What the report's table says of it; the points of its curves stay in the metrics file.
  var json: JSON {
    [
      "title": .string(title),
      "steps": .integer(steps),
      "epochs": .integer(epochs),
      "seconds": number(seconds),
      "examplesPerSecond": number(examplesPerSecond),
      "loss": losses.map { ["first": number($0.first), "last": number($0.last)] } ?? .null,
      "metric": metric.map(JSON.string) ?? .null,
      "evaluations": .integer(evaluations.count),
      "best": kept.map { ["step": .integer($0.step), "value": number($0.value)] } ?? .null,
    ]
  }
}
