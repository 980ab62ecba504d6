import Checkpoints
import Formats
import Passes
import Tensors

extension BudgetSolver {
  /// Writes what a choice gives, reads it again and measures it.
  func attempt(_ choice: [Candidate], from start: BudgetStart) throws -> BudgetTrial {
    var trial = try attempt(
      start.recipe(choice.map { ($0.role, $0.treatment) }), judge: start.judge)
    trial.choice = choice
    return trial
  }

  /// Writes what is left when heads and neurons have gone, those that cost least together, until a share of the work is left.
  func attempt(keepingWork share: Double) throws -> BudgetTrial {
    let options = [
      ("flops", "\(Treatment.rounded(share))"), ("statistics", request.statisticsPath),
    ]
    let shrink = try RecipeStep("shrink", options.map { ($0.0, [$0.1]) })
    return try attempt(Recipe(steps: whole.steps + [shrink]), judge: whole.judge)
  }

  private func attempt(_ recipe: Recipe, judge: HeldOutLoss) throws -> BudgetTrial {
    let numbers = try log.numbers(of: "file \(request.isOfFolder) \(clock != nil) \(recipe.text)") {
      let (bytes, result, speedup) = try measure(recipe, judge)
      return [Double(bytes)] + result.numbers + (speedup.map { [$0] } ?? [])
    }
    return BudgetTrial(
      recipe: recipe, bytes: numbers.first.flatMap { Int(exactly: $0) } ?? .max,
      result: .init(numbers: numbers.dropFirst().prefix(3)),
      speedup: clock == nil ? nil : numbers.last)
  }

  /// What the file of a recipe takes, how far the model in it is from what it was, and how many times as fast.
  private func measure(
    _ recipe: Recipe, _ judge: HeldOutLoss
  ) throws -> (bytes: Int, result: HeldOutLoss.Result, speedup: Double?) {
    try writing(recipe) { written in
      let weights = written.checkpoint.container.files.map { splitPath($0).name }
      let files = request.isOfFolder ? folderEntries(written.path) : weights
      return (
        files.reduce(0) { $0 + (fileSize(joinPath(written.path, $1)) ?? 0) },
        try judge.measure(written.checkpoint),
        try clock?.speedup(of: written.checkpoint, pairs: ReadingClock.manyPairs)
      )
    }
  }

  /// Writes what a recipe gives into a folder, opened as a model, that is gone when the body has returned. Where words are gone, its vocabulary is its own.
  func writing<Result>(_ recipe: Recipe, _ body: (Model) throws -> Result) throws -> Result {
    let scratch = try ScratchFolder()
    let folder = joinPath(scratch.path, "trial")
    let isTrimmed = recipe.steps.contains { $0.name == Trim.declaration.name }
    var writing = CompressionRequest(
      recipe, output: .folder(folder), format: PareFormat().name,
      carriesSidecars: request.isOfFolder || isTrimmed, threads: request.threads)
    let statistics = statistics
    writing.openStatistics = { _ in statistics }
    _ = try Compression(of: model, request: writing).run()
    return try withExtendedLifetime(scratch) {
      try body(Model.open(folder, besides: isTrimmed ? nil : model.folder))
    }
  }
}
