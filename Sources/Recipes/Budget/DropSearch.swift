import Glibc
import Reports
import Tasks
import Tensors

/// Looks for the smallest file that is still as good at a task as is asked for: by halving what lies between the sizes that are known to be good enough and
/// too small, each time writing a file, reading it again and running it on the task.
package struct DropSearch {
  let solver: BudgetSolver
  let candidates: BudgetCandidates
  let task: TaskRequest
  /// How far the task's metric may fall, in hundredths.
  let drop: Double

  package init(
    _ solver: BudgetSolver, _ candidates: BudgetCandidates, task: TaskRequest, drop: Double
  ) {
    (self.solver, self.candidates, self.task, self.drop) = (solver, candidates, task, drop)
  }

  /// What was found.
  package struct Result: Sendable {
    package var plan: BudgetPlan
    /// Of the model as it was, and of the file.
    package var before: Double
    package var after: Double
    package var metric: Metric
    /// The examples by which it was chosen.
    package var examples: String
  }

  /// - Parameter progress: told of files.
  /// - Throws: ``Failure`` if no file that is smaller is good enough.
  package func run(progress: Progress? = nil) throws -> Result {
    progress?.expect(Self.files)
    let whole = try evaluate(solver.model.path, besides: nil)
    let least = whole.score.value - drop / 100
    var (small, large) = (solver.leastByteCount(candidates), solver.byteCount)
    var best: (plan: BudgetPlan, value: Double)?
    for _ in 0..<Self.files {
      let target = Int((Double(small) * Double(large)).squareRoot())
      let plan = try plan(target)
      let value = try plan.map(value)
      progress?.advance(1)
      if let plan, let value, value >= least {
        best = (plan, value)
        large = min(target, plan.bytes)
      } else {
        small = target
      }
      if Double(large) <= Double(small) * Self.closeness { break }
    }
    guard let best else {
      throw Failure(
        BudgetReason.tooMuchLost(metric: whole.metric.rawValue, drop: drop),
        at: Place(file: solver.model.path))
    }
    return Result(
      plan: best.plan, before: whole.score.value, after: best.value, metric: whole.metric,
      examples: whole.task.path)
  }

  /// At most so many files are tried, and none between two sizes that are so near.
  private static let files = 9
  private static let closeness = 1.03

  /// Nil where no file is so small.
  private func plan(_ target: Int) throws -> BudgetPlan? {
    do { return try solver.plan(candidates, target: target, bends: false) } catch let failure
      as Failure
    {
      guard case BudgetReason.impossible = failure.reason else { throw failure }
      return nil
    }
  }

  private func value(of plan: BudgetPlan) throws -> Double {
    try solver.writing(plan.recipe) { folder in
      try evaluate(folder, besides: solver.model.folder).score.value
    }
  }

  private func evaluate(_ path: String, besides folder: String?) throws -> Evaluation {
    var model = ModelRequest(path)
    model.folder = folder
    model.threads = solver.request.threads
    var evaluation = ModelEvaluation(of: model, on: task.path)
    evaluation.split = task.split
    evaluation.description = task.description
    evaluation.options = task.options
    evaluation.options.latencySentences = 0
    return try evaluation.run()
  }
}
