import Checkpoints
import Reports
import Tensors

/// How a budget is met: a recipe, and what its file was measured to be.
package struct BudgetPlan: Sendable {
  package let target: Int
  package let recipe: Recipe
  /// What the file of weights took when it was written, or the whole folder.
  package let bytes: Int
  /// Of the file as it was read again, on text that was held out.
  package let loss: Double
  /// KL in nats; nil of models without classes.
  package let divergence: Double?
  package let agreement: Double?
  /// How each matrix is held.
  package let rows: [BudgetReport.Row]
  /// All that was tried to meet the budget: bytes, and the loss that was measured.
  package let trials: [(bytes: Int, loss: Double)]
  /// The one that was the best.
  let trial: BudgetTrial

  /// In a line.
  package var summary: String {
    let same = agreement.map { ", \(fixed($0 * 100, 1)) % of decisions as before" } ?? ""
    return
      "\(grouped(bytes)) bytes of \(grouped(target)), divergence \(fixed(divergence ?? loss, 5)) on held-out text\(same)"
  }
}
