import Checkpoints
import Reports
import Tensors
import Training

extension TrainingStage {
  /// What is going to be done, for people.
  package var planText: String {
    let settings = request.settings
    let evaluations = settings.evaluationsPerEpoch * settings.epochs
    let classes =
      labels.count > 1 ? ", classes \(labels.prefix(20).map(printable).joined(separator: "/"))" : ""
    var lines = [
      "\(printable(model.path)) on \(printable(request.task.path))",
      "  \(validation.kind.rawValue), \(grouped(training.count)) sequences\(classes)",
      "  held against \(grouped(validation.examples.count)) examples of \(printable(validation.path))"
        + (isDivided ? ", held back from those to be learned from" : ""),
      "  \(grouped(checkpoint.counts.uniqueParameters)) parameters in \(checkpoint.parameters.count) tensors",
      "  \(settings.epochs) \(settings.epochs == 1 ? "epoch" : "epochs") of \(grouped(clock.stepsPerEpoch)) steps of \(settings.batchSize * settings.accumulation) examples, \(grouped(clock.steps)) steps",
      "  learning rate \(settings.rate), \(settings.schedule), weight decay \(settings.weightDecay), seed \(settings.seed)",
      request.distillation?.losses.trainsHead ?? true
        ? "  \(evaluations) \(evaluations == 1 ? "evaluation" : "evaluations") by \(validation.metric.rawValue)\(settings.countsBeginning ? " and one of the beginning" : ""); the best is kept"
        : "  no evaluations, as no head is trained; the last parameters are kept",
    ]
    lines += request.compressions.map { "  on the way, \($0)" }
    if let sizes = sizesOnTheWay { lines.append("  \(sizes)") }
    if let distillation = request.distillation {
      lines.insert(
        "  taught by \(printable(distillation.teacher.path)): \(distillation.losses)", at: 1)
    }
    if training.truncated > 0 {
      lines.append("  \(grouped(training.truncated)) sequences are cut to the greatest length")
    }
    return lines.joined(separator: "\n")
  }

  /// How many parameters the model has after each step that compresses it; nil where they stay as many.
  private var sizesOnTheWay: String? {
    guard let passes = try? request.compression(of: checkpoint, in: model, clock)?.passes,
      let trajectory = try? passes.trajectory()
    else { return nil }
    let counts = trajectory.map(\.checkpoint.counts.uniqueParameters)
    var kinds = Array(counts.prefix(1))
    for count in counts where count != kinds.last { kinds.append(count) }
    guard kinds != [checkpoint.counts.uniqueParameters] else { return nil }
    return "parameters on the way: " + kinds.map(grouped).joined(separator: " → ")
  }
}
