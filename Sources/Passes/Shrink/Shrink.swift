import Checkpoints
import Kernels
import Tensors

/// Takes whole attention heads, feed-forward neurons and layers out of an encoder, and says so in its configuration.
///
/// A head is the rows of query, key and value and the columns of the attention's output that belong to it, a neuron
/// a row of `ffn.intermediate` and the column of `ffn.output` that it feeds; what is left is the same function as with the removed
/// weights at zero. Layers go from the top, which costs least without training (Sajjad et al., "On the effect of dropping
/// layers of pre-trained Transformer models", 2023), unless some are named. What stays keeps its order.
package struct Shrink: CuttingPass {
  package static let declaration = PassDeclaration(
    name: "shrink",
    summary: "Removes whole attention heads, feed-forward neurons and layers.",
    discussion: """
      Heads and neurons that matter least go first: by the norm of the function that a head's value and output \
      matrices, or a neuron's two weights, make together; or by a file of statistics. Lists have one number for each layer that \
      stays. --flops keeps a share of the work of the encoder's layers, at 128 tokens: by the file's derivatives by masks those heads and neurons \
      are sought of all layers that cost the least loss together (Kwon et al., 2022), and what stays makes up for what goes, as far as the inputs \
      allow. Where layers come to differ in heads, config.json says so by 'pruned_heads', which transformers 4 reads; where they differ in \
      neurons, by 'pare'.
      """,
    options: [
      PassOption("heads", .integers(1...4096), "How many heads each layer keeps."),
      PassOption(
        "intermediate", .integers(1...1_048_576), "How many feed-forward neurons each layer keeps."),
      PassOption(
        "flops", .number(0.01...1),
        "The share of the layers' work to keep; needs --statistics with masks and inputs.",
        valueName: "share"),
      PassOption("layers", .integer(1...4096), "How many layers to keep, from the first."),
      PassOption(
        "keep-layers", .integers(0...4095), "Which layers to keep, counted from 0.",
        valueName: "indices"),
      PassOption(
        "scope", .choice(["layer", "global"]),
        "Whether each layer keeps as many, or the heads and neurons that matter most of all layers stay.",
        standard: "layer"),
      PassOption.statistics, PassOption.calibration,
    ])

  private let arguments: PassArguments

  package init(_ arguments: PassArguments) throws {
    let name = Self.declaration.name
    let given = ["heads", "intermediate", "flops", "layers", "keep-layers"].filter {
      arguments.text($0) != nil
    }
    guard !given.isEmpty else { throw Failure(PassReason.missing(option: "heads", pass: name)) }
    if given.contains("layers"), given.contains("keep-layers") {
      throw Failure(PassReason.conflict("layers", "keep-layers"))
    }
    if let kept = arguments.integers("keep-layers"), zip(kept, kept.dropFirst()).contains(where: >=)
    {
      throw Failure(
        PassReason.badValue(
          option: "keep-layers", value: arguments.text("keep-layers") ?? "",
          expected: "indices in increasing order"))
    }
    if arguments.text("scope") == "global" {
      for name in ["heads", "intermediate"] where (arguments.integers(name)?.count ?? 1) > 1 {
        throw Failure(PassReason.conflict("scope=global", "\(name)=\(arguments.text(name) ?? "")"))
      }
    }
    if given.contains("flops") {
      if let other = given.first(where: { $0 != "flops" }) {
        throw Failure(PassReason.conflict("flops", other))
      }
      if !arguments.haveStatistics {
        throw Failure(PassReason.missing(option: "statistics", pass: name))
      }
    }
    self.arguments = arguments
  }

  package func apply(to checkpoint: Checkpoint, in context: PassContext) throws -> Checkpoint {
    try plan(for: checkpoint, in: context).apply(to: checkpoint)
  }

  package func cut(of checkpoint: Checkpoint, in context: PassContext) throws -> (any Cut)? {
    try plan(for: checkpoint, in: context)
  }

  private func plan(
    for checkpoint: Checkpoint, in context: PassContext
  ) throws -> ShrinkPlan {
    let encoder = try checkpoint.soundEncoder(
      for: Self.declaration.name, lacking: "transformer layers")
    let statistics = try context.statistics(
      arguments, measuring: ["inputs", "masks"], of: checkpoint)
    if let statistics, !statistics.isOfTheMoment, checkpoint.layersAreRenumbered {
      throw Failure(
        PassReason.unfit(
          pass: Self.declaration.name,
          why: "counts layers as they were before some were taken out; do both in one step"),
        at: Place(file: statistics.path))
    }
    let layers = try LayerPlan(of: encoder, arguments)
    if let share = arguments.number("flops"), let statistics {
      let search = try MaskSearch(of: encoder, statistics)
      return ShrinkPlan(
        encoder: encoder, layers: layers, widths: try search.plan(keeping: share),
        repairs: statistics)
    }
    let importance = Importance(
      checkpoint: checkpoint, statistics: statistics, threads: context.threads)
    let widths = try WidthPlan(
      of: encoder, layers: layers, arguments, importance: importance)
    return ShrinkPlan(encoder: encoder, layers: layers, widths: widths)
  }

  /// - Parameter layer: as the model counts it before anything is removed.
  static func unfit(_ why: String, layer: Int? = nil) -> Failure {
    let prefix = layer.map { "layer \($0): " } ?? ""
    return Failure(PassReason.unfit(pass: declaration.name, why: prefix + why))
  }
}

/// Which layers of an encoder stay, and which heads and neurons of each.
struct ShrinkPlan: Cut {
  /// As it is before.
  let encoder: EncoderArchitecture
  let layers: LayerPlan
  let widths: WidthPlan
  /// By what is known of inputs there what stays makes up for what goes; nil where it stays as it is.
  var repairs: Statistics?

  func apply(to checkpoint: Checkpoint) throws -> Checkpoint {
    let repaired = try repairs.map { try checkpoint.refitted(to: widths, $0) } ?? checkpoint
    var result = try repaired.keeping(layers).keeping(widths)
    result.configuration = try checkpoint.configuration?.describing(
      result.architecture.encoder ?? encoder, layers: layers, heads: widths.heads,
      before: encoder)
    return result
  }
}
