import Checkpoints
import Tensors

/// oBERTa: second-order pruning of the encoder with frozen embeddings and distillation, then training with rounded weights (Campos et al.,
/// "oBERTa: Improving Sparse Transfer Learning via improved initialization, distillation, and pruning regimes", 2023, on oBERT: Kurtic
/// et al., "The Optimal BERT Surgeon", 2022).
package struct OBERTa: PublishedRecipe {
  package static let declaration = PassDeclaration(
    name: "oberta",
    summary:
      "Second-order pruning of the encoder in blocks, then rounding to 8 bits, with frozen embeddings.",
    discussion: """
      The encoder's matrices lose weights in blocks by the inverse of the Fisher information, what stays making up for what goes, in steps \
      that begin high and leave time to recover; then training goes on with weights seen as they will be rounded. Embeddings stay as they are \
      meanwhile, and are rounded in the end. The teacher's logits are learned at a temperature, and no labels. Blocks are 4x1, four weights \
      along the output, which kernels here are made for; 1x4 is as published. mode=one-shot prunes without training, in many rounds; \
      mode=transfer keeps the masks of a model that is sparse already.
      """,
    options: [
      PassOption(
        "mode", .choice(["gradual", "one-shot", "transfer"]), "When weights go.",
        standard: "gradual"),
      PassOption(
        "layers", .integer(1...4096), "Layers that stay, from the first.", standard: "all"),
      PassOption(
        "sparsity", .number(0...1), "The share of the encoder's matrices that goes.",
        valueName: "share", standard: "0.9"),
      PassOption(
        "pattern", .text, "The blocks in which weights go; unstructured for single ones.",
        valueName: "pattern", standard: "4x1"),
      PassOption(
        "first-sparsity", .number(0...1), "The share that goes at once.", valueName: "share",
        standard: "0.7, or 0.3 of half the layers or fewer"),
      PassOption("epochs", .integer(1...100_000), "Epochs of pruning.", standard: "30"),
      PassOption("prunings", .integer(1...10_000), "In how many steps weights go.", standard: "7"),
      PassOption(
        "start", .number(0...1), "The share of the epochs before the first step.",
        valueName: "share", standard: "0.0667"),
      PassOption(
        "end", .number(0...1), "The share of the epochs before the last step.", valueName: "share",
        standard: "0.8667"),
      .rate("learning-rate", of: "pruning", "5e-5 · 768 / width"),
      PassOption(
        "schedule", .text, "How the rate goes while weights go.", valueName: "schedule",
        standard: "a straight line to a tenth from each step to the next"),
      PassOption(
        "fisher-block", .integer(1...64), "Weights of a block of the Fisher information.",
        standard: "32, or 50 of single weights"),
      PassOption(
        "gradients", .integer(1...65_536), "Batches whose gradients estimate it.",
        standard: "1024"),
      PassOption(
        "damping", .number(1e-12...1), "What is added to its diagonal.", standard: "1e-7"),
      PassOption(
        "rounds", .integer(1...100), "How often it is estimated anew within a step.",
        standard: "1, or 16 in one shot"),
      PassOption(
        "loss", .text, "What is learned.", valueName: "losses", standard: "kl=1 temperature=2"),
      .epochs("rounding-epochs", of: "training with rounded weights", 10),
      .rate("rounding-rate", of: "training with rounded weights", "8e-5 · 768 / width"),
      PassOption("bits", .integer(2...8), "Bits of the encoder's weights.", standard: "8"),
      PassOption(
        "embedding-bits", .integer(2...16), "Bits of the word embedding; 16 for half precision.",
        standard: "4"),
    ]
      + PublishedOptions.training(["batch-size": "32", "augment": "0", "max-length": "128"]))

  private let arguments: PassArguments
  private let mode: Mode

  enum Mode: String {
    case gradual
    case oneShot = "one-shot"
    case transfer
  }

  package init(_ arguments: PassArguments) throws {
    self.arguments = arguments
    mode = arguments.text("mode").flatMap(Mode.init) ?? .gradual
    guard number("start") < number("end") else {
      throw Failure(
        PassReason.badValue(
          option: "start", value: "\(number("start"))", expected: "less than 'end'"))
    }
  }

  package func steps(for model: Model, in setting: TrainingSetting) throws -> [RecipeStep] {
    guard let encoder = model.checkpoint.architecture.encoder else {
      throw Failure(PublishedReason.noEncoder(Self.declaration.name))
    }
    var steps: [RecipeStep] = []
    let layers = arguments.integer("layers") ?? encoder.layers.count
    if layers < encoder.layers.count {
      steps.append(try RecipeStep(argument: "shrink layers=\(layers)"))
    }
    switch mode {
    case .gradual: steps.append(try pruning(encoder, isShallow: 2 * layers <= encoder.layers.count))
    case .oneShot: steps.append(try pruningAtOnce())
    case .transfer: break
    }
    if integer("rounding-epochs") > 0 {
      steps.append(try rounding(encoder))
    } else {
      steps.append(try RecipeStep(argument: quantization))
    }
    return try steps + compaction(encoder)
  }

  private func pruning(_ encoder: EncoderArchitecture, isShallow: Bool) throws -> RecipeStep {
    let (start, end) = (number("start"), number("end"))
    let every = (end - start) / Double(max(1, integer("prunings") - 1))
    let sparsity = number("sparsity")
    let first = min(arguments.number("first-sparsity") ?? (isShallow ? 0.3 : 0.7), sparsity)
    let growth =
      "cubic from=\(first) start=\(percent(start)) end=\(percent(end)) every=\(percent(every))"
    let schedule =
      arguments.text("schedule")
      ?? "cyclic period=\(percent(every)) first=\(percent(start)) end=0.1"
    return try training(
      [
        ("epochs", ["\(integer("epochs"))"]),
        ("learning-rate", [rate("learning-rate", 5e-5, encoder)]), ("schedule", [schedule]),
        ("gradually", ["\(growth) \(curvature(rounds: 1)): \(prune)"]),
      ])
  }

  /// A training that changes nothing, but for which gradients are asked.
  private func pruningAtOnce() throws -> RecipeStep {
    var own: [(String, [String])] = [
      ("epochs", ["1"]), ("learning-rate", ["0"]), ("schedule", ["constant"]),
      ("gradually", ["constant \(curvature(rounds: 16)): \(prune)"]),
    ]
    if arguments.integer("examples") == nil { own.append(("examples", ["4096"])) }
    return try training(own)
  }

  private func rounding(_ encoder: EncoderArchitecture) throws -> RecipeStep {
    try training(
      [
        ("epochs", ["\(integer("rounding-epochs"))"]),
        ("learning-rate", [rate("rounding-rate", 8e-5, encoder)]), ("schedule", ["linear"]),
        ("gradually", ["constant hold=50%: \(quantization)"]),
      ])
  }

  /// What no training has seen rounded.
  private func compaction(_ encoder: EncoderArchitecture) throws -> [RecipeStep] {
    var steps: [RecipeStep] = []
    let bits = integer("embedding-bits")
    if bits < 16 {
      let group = [64, 32].first { encoder.embedding % $0 == 0 && bits < 8 }
      let grain = group.map { "group-size=\($0)" } ?? "per=row"
      steps.append(
        try RecipeStep(
          argument: "quantize bits=\(bits) \(grain) scale-dtype=F16 only=embeddings.word"))
      steps.append(
        try RecipeStep(
          argument: "quantize bits=8 scale-dtype=F16 only=embeddings.position only=pooler"))
    }
    return steps + [try RecipeStep(argument: "cast dtype=F16")]
  }

  private var prune: String { "prune sparsity=\(number("sparsity")) pattern=\(text("pattern"))" }

  private var quantization: String { "quantize bits=\(integer("bits")) only=encoder" }

  private func curvature(rounds: Int) -> String {
    let block =
      arguments.integer("fisher-block") ?? (text("pattern") == "unstructured" ? 50 : 32)
    return "by=second-order block=\(block) gradients=\(integer("gradients")) damping=\(damping)"
      + " rounds=\(arguments.integer("rounds") ?? rounds)"
  }

  private var damping: String { arguments.text("damping", of: Self.declaration) }

  private func training(_ own: [(String, [String])]) throws -> RecipeStep {
    try arguments.training(
      DistillStep.declaration.name, of: Self.declaration,
      [("loss", [text("loss")]), ("freeze", ["embeddings"])] + own)
  }

  private func rate(_ name: String, _ standard: Double, _ encoder: EncoderArchitecture) -> String {
    rateText(arguments.number(name) ?? scaled(standard, to: encoder.hidden))
  }

  private func number(_ name: String) -> Double { arguments.number(name, of: Self.declaration) }
  private func integer(_ name: String) -> Int { arguments.integer(name, of: Self.declaration) }
  private func text(_ name: String) -> String { arguments.text(name, of: Self.declaration) }
}
