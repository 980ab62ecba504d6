import Checkpoints
import Passes

/// The ways to hold each matrix by which a model becomes fast: zeros that kernels step over, and thinner products. How many bits numbers have makes no
/// difference to that.
struct SpeedMenu: TreatmentMenu {
  let statistics: Statistics
  let path: String
  let methods: Set<BudgetMethod>
  /// Shares of zeros.
  let measuredStrengths = [0.8, 0.6]

  func all(of parameter: Parameter) -> [Treatment] {
    let kept = [Treatment(.keep, 0, [])]
    guard statistics.hasGram(parameter.role) else { return kept }
    var all = kept
    if parameter.shape[0] % 4 == 0 {
      all += [0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map { pruned(.patterned, $0, [("pattern", "4x1")]) }
    }
    all += [0.6, 0.7, 0.8, 0.9, 0.95].map { pruned(.pruned, $0, []) }
    return all
      + [0.6, 0.4, 0.2].map { ratio in
        Treatment(
          .factorized, 1 / ratio,
          [.init("factorize", [("ratio", "\(ratio)")] + measured + [("repair", "bias")])])
      }
  }

  private func pruned(
    _ family: Treatment.Family, _ sparsity: Double, _ options: [(String, String)]
  ) -> Treatment {
    Treatment(
      family, sparsity,
      [
        .init(
          "prune",
          [("method", "sparsegpt"), ("sparsity", "\(sparsity)")] + options + compensated)
      ])
  }
}
