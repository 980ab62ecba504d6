import Checkpoints

/// A way to hold one matrix, tried: what it really takes, and what it is thought to cost.
struct Candidate: Sendable {
  let role: Role
  var treatment: Treatment
  /// Of the matrix.
  let elements: Int
  /// As the file codes it.
  let bytes: Int
  /// The mean squared error of what the linear gives, over what it was fed; of words over those of the text; of other matrices of
  /// their elements.
  let error: TreatmentError.Value
  /// How far the model is thought to be from what it was, if this is all that is done to it.
  var estimate = 0.0
  /// The same on the text that losses are measured on.
  var heldOutEstimate = 0.0
  /// How far it was, where that was measured.
  var measured: HeldOutLoss.Result?
  /// Whether estimates rest on what was measured of it, so that it says nothing of how good they are.
  var isFitted = false

  /// The same with other steps, which were not tried.
  func scaled(by factor: Double) -> Candidate {
    var result = self
    result.treatment = treatment.scaled(by: factor)
    return result
  }

  /// - Parameter cost: what it takes of the budget.
  func point(_ cost: CandidateCost) -> BudgetAllocation.Point {
    .init(cost: cost(self), loss: estimate)
  }
}

/// What candidates take of a budget: bytes, or nanoseconds.
typealias CandidateCost = (Candidate) -> Int
