import Reports

/// What came of a choice that was written, read again and measured.
struct BudgetTrial {
  var recipe: Recipe
  var bytes: Int
  var result: HeldOutLoss.Result
  /// How each matrix is held; nothing where it is not matrix by matrix.
  var choice: [Candidate] = []
  /// How many times as fast as the model was it is, where that is asked for.
  var speedup: Double?
}

extension BudgetTrial {
  /// How each matrix is held.
  ///
  /// - Parameters:
  ///   - share: the share of the time that a candidate saves; nil where there is none to tell.
  ///   - price: what the next cheaper way would add to the loss.
  func rows(
    share: (Candidate) -> Double? = { _ in nil }, price: (Candidate) -> Double
  ) -> [BudgetReport.Row] {
    choice.map { chosen in
      BudgetReport.Row(
        role: chosen.role.module.description, family: chosen.treatment.family.rawValue,
        treatment: chosen.treatment.text, elements: chosen.elements,
        bytes: chosen.bytes, savedTime: share(chosen), loss: chosen.estimate,
        price: price(chosen))
    }
  }
}
