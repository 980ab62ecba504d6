import Checkpoints
import Tensors

/// Measures some candidates on the real encoder, and estimates the others by them.
struct LossSurvey {
  let survey: CandidateSurvey
  let heldOut: HeldOutLoss

  /// - Parameter candidates: for each matrix; the estimates of all are filled in, and what was measured of some.
  /// - Parameter progress: told of candidates that were measured.
  func estimate(_ candidates: [[Candidate]], progress: Progress?) throws -> [[Candidate]] {
    let anchors = candidates.map(Self.anchors)
    progress?.expect(anchors.reduce(0) { $0 + $1.count })
    var candidates = candidates
    for (matrix, anchors) in anchors.enumerated() {
      for index in anchors {
        candidates[matrix][index].measured = try measure(candidates[matrix][index])
        progress?.advance(1)
      }
      let own = candidates[matrix]
      let model = LossModel(
        anchors.map { (own[$0].error.heldOut, own[$0].measured?.loss ?? 0) }.sorted { $0.0 < $1.0 })
      for index in candidates[matrix].indices {
        let error = candidates[matrix][index].error
        candidates[matrix][index].heldOutEstimate = model.loss(error: error.heldOut)
        candidates[matrix][index].estimate = model.loss(error: error.expected)
      }
    }
    return candidates
  }

  func measure(_ candidate: Candidate) throws -> HeldOutLoss.Result {
    let trial = "loss \(candidate.role) \(candidate.treatment.signature)"
    return try HeldOutLoss.Result(
      numbers: survey.log.numbers(of: trial) {
        try heldOut.measure(survey.applying(candidate.treatment, to: candidate.role)).numbers
      })
  }

  /// Two of a matrix's candidates, a mild and a strong one, of the family that has the most.
  private static func anchors(_ candidates: [Candidate]) -> [Int] {
    let families = Dictionary(grouping: candidates.indices) { candidates[$0].treatment.family }
    let usual = families.values.max {
      ($0.count, -($0.first ?? 0)) < ($1.count, -($1.first ?? 0))
    }
    let order = (usual ?? []).filter { candidates[$0].error.heldOut > 0 }.sorted {
      candidates[$0].error.heldOut < candidates[$1].error.heldOut
    }
    guard order.count > 2 else { return order }
    return [order[order.count / 3], order[min(order.count - 1, order.count * 3 / 4)]]
  }
}
