import Checkpoints
import Reports
import Tensors
import Training

extension StagedCompression {
  /// Fails if the output cannot be put where it should, before hours are spent.
  public func checkOutput() throws {
    var request = request
    request.recipe = Recipe(steps: [])
    request.resumes = false
    try Compression(of: model, request: request).conversion.checkOutput()
  }

  /// What is going to be done, for people: the steps, what the model holds after each, and about how long trainings take.
  public func planText() throws -> String {
    var lines = ["\(printable(model.path)): \(parameterText(model))"]
    var current = model
    var seconds = 0.0
    var next = parts.makeIterator()
    for (index, step) in request.recipe.steps.enumerated() {
      lines.append("\(index + 1). \(step.text)")
      if try step.training() == nil {
        current = try foreseen([step], of: current)
      } else {
        for stage in next.next()?.stages ?? [] {
          let training = try stage.training(of: current)
          let own = try training.estimatedSeconds()
          seconds += own
          lines += training.planText.afterFirstLine.split(separator: "\n").map { "   \($0)" }
          lines.append("     about \(durationText(own)) on this machine")
          current = current.holding(
            try stage.foreseen(training.checkpoint, threads: request.threads))
        }
      }
      lines.append("   \(parameterText(current))")
    }
    lines.append("about \(durationText(seconds)) of training in all")
    if request.budget != nil {
      lines.append(
        "each training goes through as much less as all would take longer than they may: \(portionText)"
      )
    }
    return lines.joined(separator: "\n")
  }

  private var portionText: String { (portions ?? []).map(\.text).joined(separator: "; ") }

  private func parameterText(_ model: Model) -> String {
    "\(grouped(model.checkpoint.counts.uniqueParameters)) parameters"
  }
}

extension String {
  /// What stands below the first line, which names the model.
  var afterFirstLine: String {
    firstIndex(of: "\n").map { String(self[index(after: $0)...]) } ?? self
  }
}

extension TrainingStageRequest {
  /// The structure of a model after the stage: passes that are applied on the way are applied at once, by size.
  func foreseen(_ checkpoint: Checkpoint, threads: Int) throws -> Checkpoint {
    try compressions.reduce(checkpoint) { result, pass in
      try pass.type.init(pass.arguments).apply(to: result, in: PassContext(threads: threads))
    }
  }
}
