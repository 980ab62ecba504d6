import Checkpoints
import Passes
import Tensors

/// ROSITA: pruning of layers, then of heads, neurons and embedding ranks together, each step by step and taught by what the model was before
/// (Liu et al., "ROSITA: Refined BERT cOmpreSsion with InTegrAted techniques", 2021).
package struct Rosita: PublishedRecipe {
  package static let declaration = PassDeclaration(
    name: "rosita",
    summary: "Fewer layers, heads, neurons and embedding ranks, each taken out step by step.",
    discussion: """
      First the model learns from the teacher on the task's texts and copies of them. Then its topmost layers go, one at a time; then heads and \
      neurons, which matter least by |w| · |∂L/∂w|, and ranks of the factorized word embedding go together, taught by the states and the logits \
      of the model with all of them. Of BERT-base 8 layers with 2 heads and 512 neurons stay, and 128 ranks: 14,474,754 parameters of \
      109,483,778. Of other shapes layers, heads and neurons stay in the same proportion, and as many ranks as the ratio allows, a multiple of 16. \
      Learning rates are those of BERT-base times 768 / width.
      """,
    options: [
      PassOption(
        "ratio", .number(1...1000), "How many times fewer parameters than the teacher has.",
        standard: "7.5"),
      PassOption("layers", .integer(1...4096), "Layers that stay.", standard: "2/3 of them"),
      PassOption(
        "heads", .integer(1...4096), "Heads of each layer that stay.", standard: "1/6 of them"),
      PassOption(
        "intermediate", .integer(1...1_048_576), "Neurons of each layer that stay.",
        standard: "1/6 of them"),
      PassOption(
        "rank", .integer(1...1_000_000), "Ranks of the word embedding that stay.",
        standard: "what the ratio allows"),
      .epochs("student-epochs", of: "learning from the teacher", 5),
      .epochs("depth-epochs", of: "taking out layers", 5),
      .epochs("width-epochs", of: "taking out heads, neurons and ranks", 10),
      .rate("student-rate", of: "learning from the teacher", "2e-5 · 768 / width"),
      .rate("depth-rate", of: "taking out layers", "2e-5 · 768 / width"),
      .rate("width-rate", of: "taking out heads, neurons and ranks", "2e-5 · 768 / width"),
      PassOption(
        "width-schedule", .text, "How the rate goes while heads, neurons and ranks are taken out.",
        valueName: "schedule", standard: "constant"),
      PassOption(
        "depth-share", .number(0...1), "The share of the epochs in which layers are taken out.",
        valueName: "share", standard: "0.5"),
      PassOption(
        "width-share", .number(0...1),
        "The share of the epochs in which heads, neurons and ranks are taken out.",
        valueName: "share", standard: "0.01"),
      PassOption(
        "prunings", .integer(1...10_000), "In how many steps heads, neurons and ranks go.",
        standard: "as many as heads go"),
      PassOption(
        "depth-augment", .integer(0...1000), "Copies of each text while layers are taken out.",
        standard: "as many as augment says"),
      PassOption(
        "loss", .text, "What is learned while heads, neurons and ranks are taken out.",
        valueName: "losses", standard: "hidden=1 embeddings=1 soft=1"),
    ]
      + PublishedOptions.training(["augment": "20", "batch-size": "64", "max-length": "64"]))

  private let arguments: PassArguments

  package init(_ arguments: PassArguments) throws { self.arguments = arguments }

  package func steps(for model: Model, in setting: TrainingSetting) throws -> [RecipeStep] {
    let plan = try RositaPlan(arguments, of: model.checkpoint, threads: setting.threads)
    var steps: [RecipeStep] = []
    if epochs("student-epochs") > 0 {
      steps.append(
        try training(
          [
            ("loss", ["soft=1"]), ("epochs", ["\(epochs("student-epochs"))"]),
            ("learning-rate", [rate("student-rate", plan)]), ("schedule", ["linear warmup=10%"]),
          ]))
    }
    if plan.layers < plan.before.layers.count {
      steps.append(try depth(plan))
    }
    steps.append(try width(plan))
    return steps
  }

  /// Layers go from the top, one at a time, and only logits are learned meanwhile.
  private func depth(_ plan: RositaPlan) throws -> RecipeStep {
    let pass = "shrink layers=\(plan.layers)"
    guard epochs("depth-epochs") > 0 else { return try RecipeStep(argument: pass) }
    let count = plan.before.layers.count - plan.layers
    return try training(
      [
        ("teacher", [DistillStep.itself]), ("loss", ["soft=1"]),
        ("epochs", ["\(epochs("depth-epochs"))"]), ("learning-rate", [rate("depth-rate", plan)]),
        ("schedule", ["constant"]),
        ("gradually", ["\(growth("depth-share", count)): \(pass)"]),
      ], copies: arguments.integer("depth-augment"))
  }

  /// Heads, neurons and ranks go together, by their importance.
  private func width(_ plan: RositaPlan) throws -> RecipeStep {
    let count =
      arguments.integer("prunings") ?? max(1, (plan.before.layers[0].heads ?? 2) - plan.heads)
    let growth = growth("width-share", count) + " by=taylor"
    var passes = ["\(growth): shrink heads=\(plan.heads) intermediate=\(plan.intermediate)"]
    if let rank = plan.rank {
      passes.append("\(growth): factorize rank=\(rank) only=embeddings.word")
    }
    return try training(
      [
        ("teacher", [DistillStep.itself]), ("loss", [text("loss")]),
        ("epochs", ["\(max(1, epochs("width-epochs")))"]),
        ("learning-rate", [rate("width-rate", plan)]), ("schedule", [text("width-schedule")]),
        ("gradually", passes),
      ])
  }

  /// So many equal steps, all in the first share of a training.
  private func growth(_ option: String, _ count: Int) -> String {
    let share = arguments.number(option, of: Self.declaration)
    return "linear end=\(percent(share)) every=\(percent(share / Double(count)))"
  }

  private func training(
    _ own: [(String, [String])], copies: Int? = nil
  ) throws -> RecipeStep {
    guard let copies else {
      return try arguments.training(DistillStep.declaration.name, of: Self.declaration, own)
    }
    // Without copies there is nothing for which words would be sought.
    return try arguments.training(
      DistillStep.declaration.name, of: Self.declaration,
      own + [("augment", copies > 0 ? ["\(copies)"] : [])],
      without: copies > 0 ? ["augment"] : ["augment", "mlm"])
  }

  private func epochs(_ name: String) -> Int { arguments.integer(name, of: Self.declaration) }

  private func rate(_ name: String, _ plan: RositaPlan) -> String {
    rateText(arguments.number(name) ?? scaled(2e-5, to: plan.before.hidden))
  }

  private func text(_ name: String) -> String { arguments.text(name, of: Self.declaration) }
}

/// What of a model's layers, heads, neurons and ranks stays.
struct RositaPlan {
  let before: EncoderArchitecture
  let layers: Int
  let heads: Int
  let intermediate: Int
  /// Nil where the word embedding stays whole.
  let rank: Int?

  /// - Throws: ``Failure`` if the model is no transformer encoder, or no rank makes it as small as it should be.
  init(_ arguments: PassArguments, of checkpoint: Checkpoint, threads: Int) throws {
    let name = Rosita.declaration.name
    guard let encoder = checkpoint.architecture.encoder, let first = encoder.layers.first,
      let heads = first.heads
    else { throw Failure(PublishedReason.noEncoder(name)) }
    before = encoder
    layers = arguments.integer("layers") ?? Self.part(2.0 / 3, of: encoder.layers.count)
    self.heads = arguments.integer("heads") ?? Self.part(1.0 / 6, of: heads)
    intermediate =
      arguments.integer("intermediate") ?? Self.part(1.0 / 6, of: first.intermediate)
    if let rank = arguments.integer("rank") {
      self.rank = rank
      return
    }
    let shrunk = try Shrink(
      RecipeStep(
        argument: "shrink layers=\(layers) heads=\(self.heads) intermediate=\(intermediate)"
      ).arguments
    ).apply(to: checkpoint, in: PassContext(threads: threads))
    let ratio = arguments.number("ratio", of: Rosita.declaration)
    let whole = Double(checkpoint.counts.uniqueParameters)
    let words = encoder.vocabulary * encoder.embedding
    let rest = shrunk.counts.uniqueParameters - words
    let sides = encoder.vocabulary + encoder.embedding
    let free = Int(whole / ratio) - rest
    guard free < words else {
      rank = nil
      return
    }
    guard free >= sides else {
      throw Failure(
        PublishedReason.unreachable(name, ratio: ratio, least: whole / Double(rest + sides)))
    }
    let largest = free / sides
    rank = largest < 16 ? largest : largest / 16 * 16
  }

  private static func part(_ share: Double, of count: Int) -> Int {
    max(1, Int((share * Double(count)).rounded()))
  }
}
