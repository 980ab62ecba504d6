import Checkpoints

extension NamedTensor {
  /// Whether it is a variable of an optimizer or a metric, which TensorFlow and Keras save beside the model.
  var isTrainingVariable: Bool {
    isKerasVariable || isObjectVariable || isOptimizerSlot
  }

  private var isKerasVariable: Bool {
    name.hasPrefix("optimizer_weights/")
      || (name.hasPrefix("optimizer/") || name.hasPrefix("metrics/")) && name.contains("/vars/")
  }

  /// Of the objects that TensorFlow 2 saves: an optimizer, what it keeps of other variables, and counters.
  private var isObjectVariable: Bool {
    guard let path = name[...].without(suffix: "/.ATTRIBUTES/VARIABLE_VALUE") else { return false }
    return ["optimizer", "save_counter", "global_step"].contains(path.firstComponent)
      || path.contains("/.OPTIMIZER_SLOT/")
  }

  /// Of TensorFlow 1, where an optimizer's names follow those of what it trains.
  private var isOptimizerSlot: Bool {
    let path = name[...].without(suffix: ":0") ?? name[...]
    let components = path.split(separator: "/")
    guard let last = components.last else { return false }
    let slots = ["adam_m", "adam_v", "lamb_m", "lamb_v", "Adam", "Adam_1", "Momentum"]
    let counters = ["global_step", "beta1_power", "beta2_power"]
    return components.count > 1 && slots.contains(String(last)) || counters.contains(String(path))
      || components.contains { $0.hasPrefix("AdamWeightDecayOptimizer") }
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
