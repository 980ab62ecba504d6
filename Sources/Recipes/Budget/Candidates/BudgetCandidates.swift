import Checkpoints
import Tasks

/// The candidates of all matrices of a model.
package struct BudgetCandidates: Sendable {
  /// What they are applied to.
  let start: BudgetStart
  /// In the order of the model.
  var ofMatrices: [[Candidate]]

  init(from start: BudgetStart, ofMatrices: [[Candidate]]) {
    (self.start, self.ofMatrices) = (start, ofMatrices)
  }

  package var matrixCount: Int { ofMatrices.count }
  package var count: Int { ofMatrices.reduce(0) { $0 + $1.count } }

  /// Estimates and measurements of the candidates that were measured and that estimates do not rest on.
  package var checks: [(estimate: Double, measured: Double)] {
    tested.map { ($0.heldOutEstimate, $0.measured?.loss ?? 0) }
  }

  private var tested: [Candidate] {
    ofMatrices.flatMap { $0.filter { $0.measured != nil && !$0.isFitted } }
  }

  /// Spearman's rank correlation of estimates and of KL as it was measured; nil for fewer than three.
  package var rankCorrelation: Double? {
    let measured = tested
    guard measured.count > 2 else { return nil }
    let correlation = Estimate.spearman(
      gold: measured.map { $0.measured?.divergence ?? $0.measured?.loss ?? 0 },
      predicted: measured.map(\.heldOutEstimate)
    ).value
    return correlation.isFinite ? correlation : nil
  }

  /// So many candidates that were not measured yet, from all matrices and families in turn.
  func spread(_ count: Int) -> [(matrix: Int, index: Int)] {
    var chosen: [(matrix: Int, index: Int)] = []
    let open = ofMatrices.map { own in
      own.indices.filter { own[$0].measured == nil && own[$0].error.expected > 0 }
    }
    var round = 0
    while chosen.count < count, round < 64 {
      for (matrix, indices) in open.enumerated() where chosen.count < count && round < indices.count
      {
        // Another family and strength of each matrix.
        let place = (round * indices.count / 7 + matrix * 5 + round) % indices.count
        let index = indices[place]
        if !chosen.contains(where: { $0 == (matrix, index) }) { chosen.append((matrix, index)) }
      }
      round += 1
    }
    return chosen
  }

  /// What there is to choose from, within a budget.
  ///
  /// - Parameter tilt: how estimates are bent.
  func allocation(
    by cost: CandidateCost, _ tilt: EstimateTilt = EstimateTilt()
  ) -> BudgetAllocation {
    let layers = start.layers
    return BudgetAllocation(
      ofMatrices.map { own in
        own.map { candidate in
          var point = candidate.point(cost)
          point.loss *= tilt.factor(of: candidate.role, layers: layers)
          return point
        }
      })
  }

  /// Of each matrix the one that an allocation has chosen.
  func chosen(_ indices: [Int]) -> [Candidate] { zip(ofMatrices, indices).map { $0[$1] } }

  /// About the least that the weights can be brought down to.
  var leastByteCount: Int { allocation(by: \.bytes).leastCost + start.restByteCount }

  /// Of each matrix the one that takes least.
  func cheapest(by cost: CandidateCost) -> [Candidate] {
    ofMatrices.compactMap { own in own.min { cost($0) < cost($1) } }
  }

  /// What the next cheaper candidate on the hull of a matrix would add to the loss, for each unit of cost that it saves.
  func price(of chosen: Candidate, by cost: CandidateCost) -> Double {
    guard let own = ofMatrices.first(where: { $0.first?.role == chosen.role }) else { return 0 }
    let points = own.map { $0.point(cost) }
    let paid = cost(chosen)
    guard let next = BudgetAllocation.lowerHull(points).last(where: { points[$0].cost < paid })
    else { return 0 }
    return (points[next].loss - chosen.estimate) / Double(max(1, paid - points[next].cost))
  }
}
