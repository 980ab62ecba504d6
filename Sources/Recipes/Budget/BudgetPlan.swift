import Checkpoints
import Tensors

/// How a budget is met: a recipe, and what its file was measured to be.
package struct BudgetPlan: Sendable {
  /// What of a matrix was chosen.
  package struct Row: Sendable {
    package var role: Role
    package var treatment: String
    package var family: String
    package var elements: Int
    package var bytes: Int
    package var estimate: Double
    /// By how much the loss would grow, as it is thought, for each further kilobyte that is taken away.
    package var price: Double
  }

  package let target: Int
  package let recipe: Recipe
  /// What the file of weights took when it was written, or the whole folder.
  package let bytes: Int
  /// Of the file as it was read again, on text that was held out.
  package let loss: Double
  /// KL in nats; nil of models without classes.
  package let divergence: Double?
  package let agreement: Double?
  package let rows: [Row]
  /// All that was tried to meet the budget: bytes, and the loss that was measured.
  package let trials: [(bytes: Int, loss: Double)]

  /// In a line.
  package var summary: String {
    let same = agreement.map { ", \(fixed($0 * 100, 1)) % of decisions as before" } ?? ""
    return
      "\(grouped(bytes)) bytes of \(grouped(target)), divergence \(fixed(divergence ?? loss, 5)) on held-out text\(same)"
  }
}
