import Checkpoints
import Passes
import Tensors
import TestSupport
import Testing

@testable import Recipes

@Suite struct LadaBERTBudgetTests {
  /// What all passes leave at their full strength, as one chain without learning between them.
  private func nonzero(_ budget: LadaBERTBudget, of checkpoint: Checkpoint) throws -> Int {
    let passes = try budget.passes.map { try RecipeStep(argument: $0).pass() }
    let result = try passes.reduce(checkpoint) {
      try $1.apply(to: $0, in: PassContext(threads: 2))
    }
    return try result.parameters.reduce(0) { try $0 + $1.storage.nonzero($1.shape) }
  }

  /// Equation 7 on a model with values: what it says stays.
  @Test(arguments: [2.5, 4.0, 6.0]) func whatStaysIsWhatWasAsked(ratio: Double) throws {
    let checkpoint = try Model.open(Places.sample("sst2-tiny")).checkpoint
    let target = Int(Double(checkpoint.counts.uniqueParameters) / ratio)
    for svd in [1.0, 2] {
      let budget = try LadaBERTBudget(
        of: checkpoint, nonzero: target, svd: svd, embeddingRatio: nil, threads: 2)
      let found = try nonzero(budget, of: checkpoint)
      #expect(found <= target + 20 && Double(found) > 0.99 * Double(target), "\(ratio) \(svd)")
    }
  }

  @Test func tooLittleIsRefused() throws {
    let checkpoint = try Model.open(Places.sample("sst2-tiny")).checkpoint
    let failure = #expect(throws: Failure.self) {
      try LadaBERTBudget(
        of: checkpoint, nonzero: 20_000, svd: 2, embeddingRatio: nil, threads: 2)
    }
    let said = failure?.reason.description ?? ""
    #expect(said.contains("times smaller"))
  }

  /// The paper's own table is of BERT-base; this teacher is half word embedding, which must give more.
  @Test func theEmbeddingGivesMoreWhereItIsMore() throws {
    guard let path = Places.shared("models/minilm-sst2") else {
      return print("skipped: ../shared/models/minilm-sst2 is absent")
    }
    let checkpoint = try Model.open(path).checkpoint
    let budget = try LadaBERTBudget(
      of: checkpoint, nonzero: Int(Double(checkpoint.counts.uniqueParameters) / 7.5), svd: 2,
      embeddingRatio: nil, threads: 2)
    #expect((8...12.5).contains(budget.embeddingRatio), "\(budget.embeddingRatio)")
  }
}

extension Storage {
  fileprivate func nonzero(_ shape: Shape) throws -> Int {
    switch self {
    case .factorized(let left, let right):
      let rank = try Storage.rank(left, right, rows: shape[0], columns: shape[1])
      return try left.nonzero([shape[0], rank]) + right.nonzero([rank, shape[1]])
    case .sparse(let mask, _):
      return try mask.kept.withBytes { $0.reduce(0) { $0 + Int($1) } }
    default: return shape.elementCount
    }
  }
}
