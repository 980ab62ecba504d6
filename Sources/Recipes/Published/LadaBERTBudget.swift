import Checkpoints
import Kernels
import Passes
import Tensors

/// How the numbers other than zero that a model may keep are shared out between its word embedding and its other matrices:
/// P · |θ| = P_embd · |θ_embd| + P_svd · P_weight · |θ_encd| + |θ_rest| (LadaBERT, equation 7).
struct LadaBERTBudget {
  /// How many times smaller the word embedding becomes.
  let embeddingRatio: Double
  private let svd: Double
  private let sparsities: Sparsities

  /// The shares of the factors that are masked.
  private struct Sparsities {
    var embedding: Double
    var encoder: Double
  }

  private static let matrices = "only=encoder only=pooler"
  private static let words = "only=embeddings.word"

  /// - Parameters:
  ///   - nonzero: how many numbers may stay in all.
  ///   - svd: how many times smaller products are than their matrices.
  ///   - embeddingRatio: nil for that of the least error.
  /// - Throws: ``Failure`` of usage if so few cannot be reached.
  init(
    of checkpoint: Checkpoint, nonzero: Int, svd: Double, embeddingRatio: Double?, threads: Int
  ) throws {
    let context = PassContext(threads: threads)
    let products = try Self.factorize(svd).reduce(checkpoint) {
      try $1.pass().apply(to: $0, in: context)
    }.resident()
    let search = Search(
      whole: checkpoint, products: products, nonzero: nonzero, context: context)
    let ratio = try embeddingRatio ?? search.best(above: svd)
    guard let sparsities = search.sparsities(embeddingRatio: ratio) else {
      let whole = Double(checkpoint.counts.uniqueParameters)
      throw Failure(
        PublishedReason.unreachable(
          LadaBERT.declaration.name, ratio: whole / Double(nonzero),
          least: whole / Double(search.rest)))
    }
    self.svd = svd
    self.embeddingRatio = ratio
    self.sparsities = sparsities
  }

  /// The passes that leave so much, as steps are written.
  var passes: [String] {
    Self.factorizations(svd)
      + [
        "prune sparsity=\(Self.share(sparsities.encoder)) \(Self.matrices)",
        "prune sparsity=\(Self.share(sparsities.embedding)) \(Self.words)",
      ]
  }

  /// With five decimals, none of them too little: no more numbers stay than may.
  private static func share(_ sparsity: Double) -> String {
    fixed((sparsity * 1e5).rounded(.up) / 1e5, 5)
  }

  private static func factorizations(_ svd: Double) -> [String] {
    svd > 1 ? ["factorize ratio=\(fixed(1 / svd, 5)) \(matrices) \(words)"] : []
  }

  private static func factorize(_ svd: Double) throws -> [RecipeStep] {
    try factorizations(svd).map { try RecipeStep(argument: $0) }
  }

  /// Looks for the share of the word embedding that leaves the least error.
  private struct Search {
    let whole: Checkpoint
    let products: Checkpoint
    let nonzero: Int
    let context: PassContext
    private let words: [Parameter]
    private let matrices: [Parameter]

    init(whole: Checkpoint, products: Checkpoint, nonzero: Int, context: PassContext) {
      (self.whole, self.products, self.nonzero, self.context) = (whole, products, nonzero, context)
      words = products.parameters.filter { $0.role.module == .embedding(.word) }
      matrices = products.parameters.filter {
        ($0.role.isBodyLinear || $0.role.module == .pooler) && $0.role.kind == .weight
      }
    }

    /// Dense sizes.
    var wordCount: Int { words.reduce(0) { $0 + $1.shape.elementCount } }
    var matrixCount: Int { matrices.reduce(0) { $0 + $1.shape.elementCount } }
    /// What stays whole.
    var rest: Int { whole.counts.uniqueParameters - wordCount - matrixCount }

    func encoderNonzero(embeddingRatio: Double) -> Double {
      Double(nonzero - rest) - Double(wordCount) / embeddingRatio
    }

    /// Nil where there is not enough for all.
    func sparsities(embeddingRatio: Double) -> Sparsities? {
      let kept = encoderNonzero(embeddingRatio: embeddingRatio)
      let stored = Double(matrices.reduce(0) { $0 + $1.storage.uniqueCount })
      let words = Double(self.words.reduce(0) { $0 + $1.storage.uniqueCount })
      guard kept > 0, words > 0, stored > 0 else { return nil }
      return Sparsities(
        embedding: max(0, 1 - Double(wordCount) / embeddingRatio / words),
        encoder: max(0, 1 - kept / stored))
    }

    /// The embedding's ratio at which the sum of both shares of squared errors is least, of some that are a fifth apart.
    func best(above svd: Double) throws -> Double {
      var best: (ratio: Double, error: Double)?
      var ratio = max(1, svd)
      while ratio < 1000 {
        // Beyond the least error it only grows.
        if let error = try error(embeddingRatio: ratio) {
          if let found = best, error > found.error * 1.02 { break }
          if error < best?.error ?? .infinity { best = (ratio, error) }
        }
        ratio *= 1.2
      }
      return best?.ratio ?? svd
    }

    private func error(embeddingRatio: Double) throws -> Double? {
      guard let sparsities = sparsities(embeddingRatio: embeddingRatio) else { return nil }
      var result = products
      for (sparsity, only) in [
        (sparsities.encoder, LadaBERTBudget.matrices), (sparsities.embedding, LadaBERTBudget.words),
      ] {
        result = try RecipeStep(argument: "prune sparsity=\(sparsity) \(only)").pass()
          .apply(to: result, in: context)
      }
      return try lost(of: words, in: result) + lost(of: matrices, in: result)
    }

    /// Squared errors as a share of squared values.
    private func lost(of parameters: [Parameter], in result: Checkpoint) throws -> Double {
      var difference = Difference()
      for parameter in parameters {
        guard let before = whole.parameter(parameter.role),
          let after = result.parameter(parameter.role)
        else { continue }
        let (old, new) = (
          try before.storage.values(of: before.shape), try after.storage.values(of: after.shape)
        )
        old.withUnsafeBytes { old in
          new.withUnsafeBytes { difference.add(old, $0, Float.self) }
        }
      }
      let norm = difference.squaredNorm
      return norm > 0 ? difference.squaredDifference / norm : 0
    }
  }
}
