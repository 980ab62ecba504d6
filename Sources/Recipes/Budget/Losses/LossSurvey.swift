import Checkpoints
import Glibc
import Tensors

/// Measures some candidates on the real encoder, and estimates the others by them.
struct LossSurvey {
  let survey: CandidateSurvey
  let heldOut: HeldOutLoss

  /// - Parameter candidates: for each matrix; the estimates of all are filled in, and what was measured of some.
  /// - Parameter progress: told of candidates that were measured.
  func estimate(_ candidates: [[Candidate]], progress: Progress?) throws -> [[Candidate]] {
    let anchors = candidates.map(anchors)
    progress?.expect(anchors.reduce(0) { $0 + $1.count })
    var candidates = candidates
    for (matrix, anchors) in anchors.enumerated() {
      for index in anchors {
        candidates[matrix][index].measured = try measure(candidates[matrix][index])
        candidates[matrix][index].isFitted = true
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
    let trial = "loss \(candidate.role) \(candidate.elements) \(candidate.treatment.signature)"
    return try HeldOutLoss.Result(
      numbers: survey.log.numbers(of: trial) {
        try heldOut.measure(survey.applying(candidate.treatment, to: candidate.role)).numbers
      })
  }

  /// Of a matrix's candidates those of the family that has the most which go about as far as is to be measured.
  private func anchors(_ candidates: [Candidate]) -> [Int] {
    let families = Dictionary(grouping: candidates.indices) { candidates[$0].treatment.family }
    let usual = families.values.max {
      ($0.count, -($0.first ?? 0)) < ($1.count, -($1.first ?? 0))
    }
    var open = (usual ?? []).filter {
      candidates[$0].error.heldOut > 0 && candidates[$0].treatment.strength > 0
    }
    var anchors: [Int] = []
    for strength in survey.menu.measuredStrengths {
      let distance = { (index: Int) in abs(log(candidates[index].treatment.strength / strength)) }
      guard let nearest = open.min(by: { (distance($0), $0) < (distance($1), $1) }) else { break }
      anchors.append(nearest)
      open.removeAll { $0 == nearest }
    }
    return anchors
  }
}
