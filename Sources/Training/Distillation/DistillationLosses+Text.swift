import Tensors

extension DistillationLosses {
  private static var weights: [(name: String, path: WritableKeyPath<Self, Float>)] {
    [
      ("hard", \.hard), ("soft", \.soft), ("kl", \.divergence), ("logits", \.logits),
      ("logit-p", \.logitOfProbability), ("hidden", \.hidden), ("attention", \.attention),
      ("embeddings", \.embeddings), ("temperature", \.temperature),
    ]
  }

  private static let choices = ["layers", "attention-of", "teacher-layer"]

  /// - Throws: ``Failure`` of usage that says what is known.
  package init(_ text: String) throws {
    self.init()
    for word in text.split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, try set(parts[0], to: parts[1]) else {
        throw Failure(
          DistillationReason.loss(String(word), known: Self.weights.map(\.name) + Self.choices))
      }
    }
    guard trainsHead || readsLayers else { throw Failure(DistillationReason.noLoss) }
  }

  /// - Returns: whether there is such a key.
  private mutating func set(_ key: String, to text: String) throws -> Bool {
    switch key {
    case "layers": layers = try LayerMap(text)
    case "attention-of":
      guard let kind = AttentionKind(rawValue: text) else {
        throw Failure(
          DistillationReason.choice(key, text, of: AttentionKind.allCases.map(\.rawValue)))
      }
      attentionOf = kind
    case "teacher-layer":
      guard let layer = plainNumber(text), layer < 1e6, layer == layer.rounded() else {
        throw Failure(DistillationReason.weight(key, text))
      }
      teacherLayer = Int(layer)
    default:
      guard let path = Self.weights.first(where: { $0.name == key })?.path else { return false }
      guard let value = plainNumber(text), value <= 1e6, key != "temperature" || value > 0 else {
        throw Failure(DistillationReason.weight(key, text))
      }
      self[keyPath: path] = Float(value)
    }
    return true
  }

  package var description: String {
    var words = Self.weights.filter {
      $0.name == "temperature" ? divergence > 0 : self[keyPath: $0.path] > 0
    }.map { "\($0.name)=\(shortest(Double("\(self[keyPath: $0.path])") ?? 0))" }
    if hidden + attention > 0 { words.append("layers=\(layers)") }
    if attention > 0 { words.append("attention-of=\(attentionOf.rawValue)") }
    if let teacherLayer { words.append("teacher-layer=\(teacherLayer)") }
    return words.joined(separator: " ")
  }
}
