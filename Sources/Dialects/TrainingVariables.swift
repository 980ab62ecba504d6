import Checkpoints

extension NamedTensor {
  /// Whether it is a variable of an optimizer or a metric, which Keras saves beside the model.
  var isTrainingVariable: Bool {
    name.hasPrefix("optimizer_weights/")
      || (name.hasPrefix("optimizer/") || name.hasPrefix("metrics/")) && name.contains("/vars/")
  }
}

extension Dialects {
  static func trainingDiagnostics(_ count: Int) -> [Diagnostic] {
    guard count > 0 else { return [] }
    let variables = count == 1 ? "1 variable" : "\(count) variables"
    return [
      Diagnostic(
        .note, .skipped, "\(variables) of an optimizer or of metrics: no part of the model")
    ]
  }
}
