import Checkpoints
import Reports
import Tensors

/// Looks for the mix that loses least of those that make a model so many times as fast.
struct SpeedSearch {
  let solver: BudgetSolver
  let candidates: BudgetCandidates
  let target: Double
  let progress: Progress?
  private let table: LatencyTable
  private var trials: [BudgetReport.Point] = []

  /// - Precondition: the solver was asked for a speed.
  init(
    solver: BudgetSolver, candidates: BudgetCandidates, target: Double, progress: Progress?
  ) throws {
    (self.solver, self.candidates, self.target) = (solver, candidates, target)
    self.progress = progress
    table = try LatencyTable(
      of: candidates, by: solver.survey, solver.clock!, progress: progress)
  }

  /// Files are written, read again and timed; where the table was wrong by a factor, the next goes by that.
  ///
  /// - Throws: ``Failure`` if nothing is so fast.
  mutating func run() throws -> BudgetPlan {
    progress?.expect(Self.files)
    let allocation = candidates.allocation(by: table.cost)
    var time = Double(table.whole) / target
    var best: BudgetTrial?
    var fastest: BudgetTrial?
    for _ in 0..<Self.files {
      let choice = allocation.choice(within: table.room(within: Int(time)))
      let chosen = choice.map(candidates.chosen) ?? candidates.cheapest(by: table.cost)
      let trial = try solver.attempt(chosen, scale: 1)
      let speedup = trial.speedup ?? 0
      progress?.advance(1)
      trials.append(.init(amount: speedup, loss: trial.result.loss))
      if speedup > fastest?.speedup ?? 0 { fastest = trial }
      if speedup >= target, trial.result.loss < best?.result.loss ?? .infinity { best = trial }
      if (target...(target * Self.closeness)).contains(speedup) || choice == nil { break }
      time *= speedup / target * (speedup < target ? Self.caution : 1)
    }
    guard let best else {
      throw Failure(
        BudgetReason.tooSlow(
          target: target, most: fastest?.speedup ?? 0, loss: fastest?.result.loss ?? 0),
        at: Place(file: solver.model.path))
    }
    return plan(best)
  }

  /// At most so many files are timed; fewer if one is that near.
  private static let files = 8
  private static let closeness = 1.02
  /// What failed aims at a little more the next time.
  private static let caution = 0.99

  private func plan(_ trial: BudgetTrial) -> BudgetPlan {
    let percent = Double(table.whole) / 100
    return BudgetPlan(
      goal: .speedup(target: target), trial,
      rows: trial.rows(share: { Double(table.saving(of: $0)) / percent / 100 }) {
        candidates.price(of: $0, by: table.cost) * percent
      },
      trials: trials,
      frontier: candidates.frontier(by: table.cost).map {
        .init(
          amount: Double(table.whole) / Double(max(1, table.time(atCost: $0.cost))), loss: $0.loss)
      })
  }
}
