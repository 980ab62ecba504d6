/// What came of a choice that was written, read again and measured.
struct BudgetTrial {
  var recipe: Recipe
  var bytes: Int
  var result: HeldOutLoss.Result
  var choice: [Candidate]
  /// What the choice's steps were multiplied by.
  var scale: Double
}
