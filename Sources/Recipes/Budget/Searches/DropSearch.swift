import Glibc
import Reports
import Tasks
import Tensors

/// Looks for the smallest file that is still as good at a task as is asked for: by halving what lies between the sizes that are known to be good enough and
/// too small, each time writing a file, reading it again and running it on the task.
package struct DropSearch {
  private let task: TaskRequest
  /// How far the task's metric may fall, in hundredths.
  private let drop: Double
  /// Of the model as it is.
  private let whole: Evaluation

  /// Runs the model as it is on the task.
  ///
  /// - Throws: ``Failure`` if the task cannot be read, or has other labels than the model.
  package init(_ model: ModelRequest, task: TaskRequest, drop: Double) throws {
    (self.task, self.drop) = (task, drop)
    whole = try Self.evaluate(model, on: task)
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
  package func run(
    _ solver: BudgetSolver, _ alternatives: [BudgetCandidates], progress: Progress? = nil
  ) throws -> Result {
    progress?.expect(Self.files)
    let least = whole.score.value - drop / 100
    var (small, large) = (alternatives.map(\.leastByteCount).min() ?? 1, solver.byteCount)
    var best: (plan: BudgetPlan, value: Double)?
    for _ in 0..<Self.files {
      let target = Int((Double(small) * Double(large)).squareRoot())
      let plan = try Self.plan(solver, alternatives, target)
      let value = try plan.flatMap { found in try self.value(of: found, solver) }
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
  private static func plan(
    _ solver: BudgetSolver, _ alternatives: [BudgetCandidates], _ target: Int
  ) throws -> BudgetPlan? {
    do { return try solver.plan(alternatives, target: target, bends: false) } catch let failure
      as Failure
    {
      guard case BudgetReason.impossible = failure.reason else { throw failure }
      return nil
    }
  }

  /// The metric of a plan's file; of a run that was killed as it was found then.
  private func value(of plan: BudgetPlan, _ solver: BudgetSolver) throws -> Double? {
    let examples = "\(fileIdentity(whole.task.path)) \(whole.score.value)"
    let trial = "\(whole.metric.rawValue) on \(examples) \(plan.recipe.text)"
    return try solver.log.numbers(of: trial) {
      try solver.writing(plan.recipe) { written in
        var model = ModelRequest(written.path)
        model.folder = written.folder
        model.threads = solver.request.threads
        return [try Self.evaluate(model, on: task).score.value]
      }
    }.first
  }

  private static func evaluate(_ model: ModelRequest, on task: TaskRequest) throws -> Evaluation {
    var evaluation = ModelEvaluation(of: model, on: task)
    evaluation.options.latencySentences = 0
    return try evaluation.run()
  }
}
