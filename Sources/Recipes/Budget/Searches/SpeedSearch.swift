import Checkpoints
import Reports
import Tensors

/// Looks for what loses least of all that makes a model so many times as fast: fewer heads and neurons, or a mix of ways to hold each matrix.
struct SpeedSearch {
  let solver: BudgetSolver
  let candidates: BudgetCandidates
  let target: Double
  let progress: Progress?
  private let table: LatencyTable
  private var trials: [BudgetTrial] = []

  /// - Precondition: the solver was asked for a speed.
  init(
    solver: BudgetSolver, candidates: BudgetCandidates, target: Double, progress: Progress?
  ) throws {
    (self.solver, self.candidates, self.target) = (solver, candidates, target)
    self.progress = progress
    table = try LatencyTable(
      of: candidates, solver.clock!, progress: progress)
  }

  /// - Throws: ``Failure`` if nothing is so fast.
  mutating func run() throws -> BudgetPlan {
    progress?.expect(Self.files * (solver.shrinks ? 2 : 1))
    let (solver, candidates, table) = (solver, candidates, table)
    if solver.shrinks { try approach { try solver.attempt(keepingWork: $0) } }
    let allocation = candidates.allocation(by: table.cost)
    try approach { share in
      let room = table.room(within: Int(Double(table.whole) * share))
      let choice = allocation.choice(within: room).map(candidates.chosen)
      return try solver.attempt(
        choice ?? candidates.cheapest(by: table.cost), from: candidates.start)
    }
    let enough = trials.filter { ($0.speedup ?? 0) >= target }
    guard let best = enough.min(by: { Self.price($0) < Self.price($1) }) else {
      let fastest = trials.max { ($0.speedup ?? 0) < ($1.speedup ?? 0) }
      throw Failure(
        BudgetReason.tooSlow(
          target: target, most: fastest?.speedup ?? 0, loss: fastest?.result.loss ?? 0),
        at: Place(file: solver.model.path))
    }
    return plan(best)
  }

  /// Files are written, read again and timed; where one was too slow or too fast by a factor, the next goes by that, and by twice as much time where
  /// there is no such file.
  ///
  /// - Parameter attempt: a file by a way that is to leave such a share of the time.
  private mutating func approach(_ attempt: (_ share: Double) throws -> BudgetTrial) throws {
    var share = max(Self.least, 1 / target)
    for _ in 0..<Self.files {
      progress?.advance(1)
      guard let trial = try fitting({ try attempt(share) }) else {
        share = min(1, 2 * share)
        continue
      }
      trials.append(trial)
      let speedup = trial.speedup ?? 0
      if (target...(target * Self.closeness)).contains(speedup) { return }
      share *= speedup / target * (speedup < target ? Self.caution : 1)
      share = min(1, max(Self.least, share))
    }
  }

  /// What is sought to be least. Errors of other kinds than rounding move few texts far, which shows in decisions sooner than in scores at a temperature.
  private static func price(_ trial: BudgetTrial) -> Double {
    trial.result.divergence ?? trial.result.loss
  }

  /// At most so many files are timed; fewer if one is that near.
  private static let files = 7
  private static let closeness = 1.02
  /// The least share of the time that is aimed at.
  private static let least = 0.01
  /// What failed aims at a little more the next time.
  private static let caution = 0.99

  private func plan(_ trial: BudgetTrial) -> BudgetPlan {
    let percent = Double(table.whole) / 100
    return BudgetPlan(
      goal: .speedup(target: target), trial,
      rows: trial.rows(share: { Double(table.saving(of: $0)) / percent / 100 }) {
        candidates.price(of: $0, by: table.cost) * percent
      },
      trials: trials.map { .init(amount: $0.speedup ?? 0, loss: $0.result.loss) },
      frontier: candidates.frontier(by: table.cost).map {
        .init(
          amount: Double(table.whole) / Double(max(1, table.time(atCost: $0.cost))), loss: $0.loss)
      })
  }
}
