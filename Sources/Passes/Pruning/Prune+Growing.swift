import Checkpoints
import Tensors

extension Prune: GrowingPass {
  /// The sparsity goes up from none.
  package static func arguments(
    _ whole: PassArguments, at share: Double, from origin: Checkpoint
  ) throws -> PassArguments? {
    guard share < 1 else { return whole }
    let pattern = whole.text("pattern")
    if case .ratio = try PruningPattern(pattern) {
      throw Failure(GrowthReason.atOnce("pattern \(pattern ?? "")"))
    }
    let sparsity = whole.number("sparsity") ?? 0
    return whole.replacing("sparsity", with: "\(share * sparsity)")
  }

  package static func share(of strength: Double, in whole: PassArguments) throws -> Double {
    let sparsity = whole.number("sparsity") ?? 0
    guard strength <= sparsity, sparsity > 0 else {
      throw Failure(GrowthReason.weaker("sparsity", from: strength, to: sparsity))
    }
    return strength / sparsity
  }
}
