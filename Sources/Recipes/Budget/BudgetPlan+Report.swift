import Glibc
import Reports

extension BudgetPlan {
  /// What a report tells of it.
  ///
  /// - Parameter candidates: among which was chosen.
  package func report(_ candidates: BudgetCandidates) -> BudgetReport {
    BudgetReport(
      goal: goal, bytes: bytes, speedup: speedup, divergence: divergence ?? loss,
      agreement: agreement, rankCorrelation: candidates.rankCorrelation, checks: candidates.checks,
      frontier: frontier, trials: trials, rows: rows, keptWords: keptWords)
  }
}

extension BudgetCandidates {
  /// The least loss that is thought to be had at costs from the least to what keeps all as it is.
  func frontier(by cost: CandidateCost) -> [BudgetAllocation.Point] {
    let allocation = allocation(by: cost)
    let least = max(1, allocation.leastCost)
    let most = max(least, ofMatrices.reduce(0) { $0 + ($1.map(cost).max() ?? 0) })
    return (0...Self.steps).compactMap { step in
      let share = Double(step) / Double(Self.steps)
      let budget = Double(least) * pow(Double(most) / Double(least), share)
      guard let choice = allocation.choice(within: Int(budget.rounded(.up))) else { return nil }
      let points = chosen(choice).map { $0.point(cost) }
      return BudgetAllocation.Point(
        cost: points.reduce(0) { $0 + $1.cost }, loss: points.reduce(0) { $0 + $1.loss })
    }
  }

  private static let steps = 48
}
