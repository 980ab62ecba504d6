import Checkpoints
import Tasks

/// The candidates of all matrices of a model.
package struct BudgetCandidates: Sendable {
  /// In the order of the model.
  var ofMatrices: [[Candidate]]

  init(ofMatrices: [[Candidate]]) { self.ofMatrices = ofMatrices }

  package var matrixCount: Int { ofMatrices.count }
  package var count: Int { ofMatrices.reduce(0) { $0 + $1.count } }

  /// Estimates and measurements of the candidates that were measured.
  package var checks: [(estimate: Double, measured: Double)] {
    measured.map { ($0.heldOutEstimate, $0.measured?.loss ?? 0) }
  }

  private var measured: [Candidate] { ofMatrices.flatMap { $0.filter { $0.measured != nil } } }

  /// Spearman's rank correlation of estimates and of KL as it was measured; nil for fewer than three.
  package var rankCorrelation: Double? {
    let measured = measured
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

  /// What the next smaller candidate on the hull of a matrix would add to the loss, for each kilobyte.
  func price(of chosen: Candidate) -> Double {
    guard let own = ofMatrices.first(where: { $0.first?.role == chosen.role }) else { return 0 }
    let hull = BudgetAllocation.lowerHull(own.map(\.point))
    guard let next = hull.last(where: { own[$0].bytes < chosen.bytes }) else { return 0 }
    return (own[next].point.loss - chosen.point.loss) * 1000
      / Double(max(1, chosen.bytes - own[next].bytes))
  }
}
