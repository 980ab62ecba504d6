import Checkpoints
import Passes
import Tensors

/// LadaBERT: every matrix becomes a product, of whose factors the least weights are masked, in rounds between which the model learns from what
/// it was (Mao et al., "LadaBERT: Lightweight Adaptation of BERT through Hybrid Model Compression", 2020).
package struct LadaBERT: PublishedRecipe {
  package static let declaration = PassDeclaration(
    name: "ladabert",
    summary:
      "Factors of every matrix with masks on both, in rounds of compression and distillation.",
    discussion: """
      Matrices of the encoder and the pooler, and the word embedding, become products by singular value decomposition, and the least \
      weights of both factors are masked, more in each round; all of it is taught by the teacher's embeddings, attention, states and logits. How many \
      numbers other than zero stay in all is the ratio; how many of these the word embedding has is chosen so that the squared errors of the embedding and \
      of the matrices, each as a share, are least in sum before anything is learned. The head, biases and norms stay whole. Ratios beyond 8 \
      cost much. The learning rate is that of BERT-base times 768 / width; rounds and epochs are not in the paper.
      """,
    options: [
      PassOption(
        "ratio", .number(1...1000),
        "How many times fewer numbers other than zero than the teacher has.", standard: "7.5"),
      PassOption(
        "svd", .number(1...100),
        "How many times smaller products are than their matrices; 1 for masks alone.",
        standard: "2, or 2.5 for ratios beyond 7.5"),
      PassOption(
        "embedding-ratio", .number(1...1000), "How many times smaller the word embedding becomes.",
        standard: "what gives the least error"),
      PassOption(
        "positions", .integer(1...1_048_576),
        "Leave out positions behind so many; the longest input needs no more.",
        standard: "all stay"),
      PassOption("rounds", .integer(1...1000), "Rounds of compression.", standard: "5"),
      PassOption("epochs", .integer(1...100_000), "Epochs of all rounds together.", standard: "10"),
      PassOption(
        "share", .number(0...1), "The share of the epochs in which rounds of compression begin.",
        standard: "0.5"),
      .rate("learning-rate", of: "all rounds", "2e-5 · 768 / width"),
      PassOption(
        "schedule", .text, "How the rate goes.", valueName: "schedule",
        standard: "linear warmup=5%"),
      PassOption(
        "loss", .text, "What is learned.", valueName: "losses",
        standard: "soft=1 hidden=1 attention=1 embeddings=1"),
    ] + PublishedOptions.training(["batch-size": "32", "augment": "0"]))

  private let arguments: PassArguments

  package init(_ arguments: PassArguments) throws { self.arguments = arguments }

  package func steps(for model: Model, in setting: TrainingSetting) throws -> [RecipeStep] {
    var steps: [RecipeStep] = []
    var checkpoint = model.checkpoint
    if let positions = arguments.integer("positions") {
      let trim = try RecipeStep(argument: "trim positions=\(positions)")
      steps.append(trim)
      checkpoint = try trim.pass().apply(to: checkpoint, in: PassContext(threads: setting.threads))
    }
    guard let encoder = checkpoint.architecture.encoder else {
      throw Failure(PublishedReason.noEncoder(Self.declaration.name))
    }
    let ratio = arguments.number("ratio", of: Self.declaration)
    let budget = try LadaBERTBudget(
      of: checkpoint, nonzero: Int(Double(model.checkpoint.counts.uniqueParameters) / ratio),
      svd: arguments.number("svd") ?? (ratio > 7.5 ? 2.5 : 2),
      embeddingRatio: arguments.number("embedding-ratio"), threads: setting.threads)
    let rate = arguments.number("learning-rate") ?? scaled(2e-5, to: encoder.hidden)
    steps.append(
      try arguments.training(
        DistillStep.declaration.name, of: Self.declaration,
        [
          ("loss", [text("loss")]), ("epochs", [text("epochs")]),
          ("learning-rate", [rateText(rate)]),
          ("schedule", [text("schedule")]), ("gradually", budget.passes.map { "\(growth): \($0)" }),
        ]))
    return steps
  }

  /// The first steps are the largest.
  private var growth: String {
    let share = arguments.number("share", of: Self.declaration)
    let rounds = arguments.integer("rounds", of: Self.declaration)
    return "cubic end=\(percent(share)) every=\(percent(share / Double(rounds)))"
  }

  private func text(_ name: String) -> String { arguments.text(name, of: Self.declaration) }
}
