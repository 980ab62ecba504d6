import Glibc
import Reports

extension BudgetPlan {
  /// What a report tells of it.
  ///
  /// - Parameter candidates: among which was chosen.
  package func report(_ candidates: BudgetCandidates) -> BudgetReport {
    let matrices = rows.reduce(0) { $0 + $1.bytes }
    return BudgetReport(
      target: target, bytes: bytes, divergence: divergence ?? loss, agreement: agreement,
      rankCorrelation: candidates.rankCorrelation, checks: candidates.checks,
      frontier: candidates.frontier(beside: max(0, bytes - matrices)),
      trials: trials.map { BudgetReport.Point(bytes: $0.bytes, loss: $0.loss) },
      rows: rows)
  }
}

extension BudgetCandidates {
  /// The least loss that is thought to be had at sizes from the smallest to what keeps all as it is.
  ///
  /// - Parameter rest: what a file takes beside the matrices.
  func frontier(beside rest: Int) -> [BudgetReport.Point] {
    let allocation = BudgetAllocation(ofMatrices.map { $0.map(\.point) })
    let least = max(1, allocation.leastBytes)
    let most = ofMatrices.reduce(0) { $0 + ($1.map(\.bytes).max() ?? 0) }
    return (0...Self.steps).compactMap { step in
      let share = Double(step) / Double(Self.steps)
      let budget = Int(Double(least) * pow(Double(most) / Double(least), share).rounded(.up))
      guard let choice = allocation.choice(within: budget) else { return nil }
      let points = zip(ofMatrices, choice).map { $0[$1].point }
      return BudgetReport.Point(
        bytes: rest + points.reduce(0) { $0 + $1.bytes },
        loss: points.reduce(0) { $0 + $1.loss })
    }
  }

  private static let steps = 48
}
