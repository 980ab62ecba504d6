import Checkpoints
import Reports
import Tensors

/// How a budget is met: a recipe, and what its file was measured to be.
package struct BudgetPlan: Sendable {
  package let goal: BudgetReport.Goal
  package let recipe: Recipe
  /// What the file of weights took when it was written, or the whole folder.
  package let bytes: Int
  /// How many times as fast as the model was it is, where that was asked for.
  package let speedup: Double?
  /// Of the file as it was read again, on text that was held out.
  package let loss: Double
  /// KL in nats; nil of models without classes.
  package let divergence: Double?
  package let agreement: Double?
  /// How each matrix is held.
  package let rows: [BudgetReport.Row]
  /// How many words are left; nil for all.
  package let keptWords: Int?
  /// All that was tried to meet the budget, and the loss that was measured.
  package let trials: [BudgetReport.Point]
  /// The least loss that is thought to be had.
  let frontier: [BudgetReport.Point]
  /// The one that was the best.
  let trial: BudgetTrial

  init(
    goal: BudgetReport.Goal, _ trial: BudgetTrial, keptWords: Int? = nil, rows: [BudgetReport.Row],
    trials: [BudgetReport.Point], frontier: [BudgetReport.Point]
  ) {
    (self.goal, self.trial, self.rows) = (goal, trial, rows)
    (self.trials, self.frontier) = (trials, frontier)
    self.keptWords = keptWords
    (recipe, bytes, speedup) = (trial.recipe, trial.bytes, trial.speedup)
    let result = trial.result
    (loss, divergence, agreement) = (result.loss, result.divergence, result.agreement)
  }

  /// In a line.
  package var summary: String {
    let same = agreement.map { ", \(fixed($0 * 100, 1)) % of decisions as before" } ?? ""
    let words = keptWords.map { ", \(grouped($0)) words kept" } ?? ""
    return
      "\(obtained), divergence \(fixed(divergence ?? loss, 5)) on held-out text\(same)\(words)"
  }

  private var obtained: String {
    switch goal {
    case .size(let target): "\(grouped(bytes)) bytes of \(grouped(target))"
    case .speedup(let target):
      "\(fixed(speedup ?? 0, 2)) times as fast (\(fixed(target, 2)) asked for), \(grouped(bytes)) bytes"
    }
  }
}
