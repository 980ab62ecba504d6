import Checkpoints
import Tensors

/// Holds matrices as codes of a few bits and what turns them into numbers; activations stay as they are.
package struct Quantize: Pass {
  package static let declaration = PassDeclaration(
    name: "quantize",
    summary: "Rounds weights to codes of a few bits.",
    discussion: """
      Takes the linears of the encoder's layers and the word embedding, unless --only says otherwise; with --method product \
      the word embedding alone. Norms, biases, the pooler, heads, and position and type embeddings are left \
      as they are. What is pruned stays pruned, factors are quantized each.

      uniform spaces numbers equally between the extremes of a tensor, row, group or block, by the arithmetic of \
      compressed-tensors. gptq rounds to the same numbers column after column, later ones making up for the errors before them as far as the \
      inputs of the matrix allow, or with --step to multiples of such steps; it wants --statistics with inputs, as 'pare calibrate' writes it, and takes linears alone. kmeans finds the numbers that fit a tensor best. product finds vectors that stand for \
      parts of rows. step spaces numbers by a share of each row's root mean square and bounds them by nothing: \
      meant for files that are entropy-coded, where it takes the fewest bytes.
      """,
    options: [
      PassOption(
        "method", .choice(QuantizationMethod.allCases.map(\.rawValue)), "How numbers are chosen.",
        standard: "uniform"),
      PassOption(
        "bits", .integer(2...8), "Of a code of uniform, gptq or kmeans.", valueName: "bits",
        standard: "8"),
      PassOption(
        "per", .choice(["tensor", "row", "group", "block"]),
        "What shares a scale of uniform or gptq.",
        standard: "row"),
      PassOption(
        "group-size", .integer(1...65536), "Columns of a group; implies per group.",
        standard: "128"),
      PassOption(
        "block", .text, "Rows and columns of a block; implies per block.", valueName: "32x32"),
      PassOption(
        "asymmetric", .flag,
        "Let zero lie anywhere in the range of uniform: one more number for each scale."),
      PassOption(
        "step", .number(0.01...16), "The step, in root mean squares of a row.", standard: "0.8"),
      PassOption(
        "subvector", .integer(1...64), "Columns that a code of product stands for.",
        standard: "4"),
      PassOption(
        "entries", .integer(2...65536),
        "Vectors that product chooses from, for each part of a row.",
        standard: "256"),
      PassOption(
        "scale-dtype", .choice(["F32", "F16", "BF16"]),
        "The type of scales, steps and codebooks.", valueName: "type",
        standard: "F32, BF16 for steps, F16 for codebooks"),
      PassOption(
        "right-step", .number(0.01...16), "The step of right factors of products.",
        valueName: "step", standard: "that of the left ones"),
      PassOption(
        "dead-zone", .number(0...0.49),
        "Of step: by how much of it numbers must be beyond the middle between two codes to get the one further from zero, but in right factors. More zeros take fewer bytes.",
        valueName: "share", standard: "0"),
      PassOption(
        "frequency-power", .number(0...1),
        "Let the step of each word's row grow by this power of how much rarer it is than words are on the average, halved: 1 gives each word of the text the same share of the error. Wants --statistics.",
        valueName: "power", standard: "0"),
      PassOption(
        "sensitivity-power", .number(0...1),
        "Let the steps of gptq go by how far the model's scores move with what each row gives: from not at all, 0, to by that alone and not by the row's size, 1. Wants --statistics with sensitivity.",
        valueName: "power", standard: "0"),
      PassOption.statistics, PassOption.calibration, BiasRepair.option, LinearInputs.dampingOption,
    ] + PassOption.selection)

  private let arguments: PassArguments
  private let options: QuantizationOptions

  package init(_ arguments: PassArguments) throws {
    self.arguments = arguments
    options = try QuantizationOptions(arguments)
  }

  package func apply(to checkpoint: Checkpoint, in context: PassContext) throws -> Checkpoint {
    let roles = try roles(in: checkpoint)
    let measures: Set<String> =
      options.isBySensitivity ? ["inputs", "sensitivity"] : ["inputs"]
    let statistics = try context.statistics(arguments, measuring: measures, of: checkpoint)
    let repair = try BiasRepair(arguments, statistics, pass: Self.declaration.name)
    let result = try checkpoint.replacing { parameter in
      guard roles.contains(parameter.role) else { return nil }
      let place = Place(file: checkpoint.container.files.first, tensor: parameter.name)
      let storage = try parameter.storage.quantized(
        rows: parameter.shape[0], columns: parameter.shape[1]
      ) { storage, rows, columns, part in
        let matrix = QuantizableMatrix(
          storage: storage, rows: rows, columns: columns,
          importance: part == nil ? try statistics?.importance(parameter.role) : nil,
          inputs: part == nil ? try inputs(of: parameter, statistics) : nil,
          multipliers: part == nil || part == "left"
            ? try multipliers(of: parameter, statistics) : nil,
          sensitivities: part == nil ? try sensitivities(of: parameter, statistics) : nil,
          scales: try statistics?.scales(parameter.role, part: part), place: place)
        return try options.quantized(matrix, part: part, threads: context.threads)
      }
      return parameter.holding(storage)
    }
    return try repair?.applied(to: result, of: roles, original: checkpoint) ?? result
  }

  /// What a matrix is fed, where the method goes by that; of what the parts of products are fed nothing is known.
  private func inputs(of parameter: Parameter, _ statistics: Statistics?) throws -> LinearInputs? {
    guard options.method == .gptq, let statistics else { return nil }
    let inputs = LinearInputs(
      of: parameter.role, width: parameter.shape[1], statistics, arguments)
    guard statistics.hasGram(parameter.role) else {
      throw Failure(QuantizeReason.noInputs)
    }
    return inputs
  }

  /// How far scores move with what each row gives; nil where steps do not go by that.
  private func sensitivities(
    of parameter: Parameter, _ statistics: Statistics?
  ) throws -> [Float]? {
    guard options.isBySensitivity else { return nil }
    guard
      let own = try statistics?.sensitivity(parameter.role, count: parameter.shape[0])
    else { throw Failure(QuantizeReason.noSensitivity) }
    return own
  }

  /// How much longer the steps of rare words are; nil where all are alike.
  private func multipliers(of parameter: Parameter, _ statistics: Statistics?) throws -> [Float]? {
    guard let power = arguments.number("frequency-power"), power > 0,
      parameter.role == Role(.embedding(.word), .weight)
    else { return nil }
    guard let counts = try statistics?.tokenFrequencies(count: parameter.shape[0]) else {
      throw Failure(QuantizeReason.noFrequencies)
    }
    return rarity(of: counts, power: power / 2)
  }

  private func roles(in checkpoint: Checkpoint) throws -> Set<Role> {
    try checkpoint.selected(
      arguments, for: Self.declaration.name, usual: isUsual,
      possible: { $0.role.kind == .weight && $0.shape.rank == 2 })
  }

  private func isUsual(_ parameter: Parameter) -> Bool {
    if parameter.role == Role(.embedding(.word), .weight) { return options.method != .gptq }
    return options.method != .product && parameter.role.isBodyLinear
  }
}

extension Quantize: RoundingPass {
  package func rounding(of checkpoint: Checkpoint) throws -> Rounding {
    guard let (bits, isPerRow) = options.symmetricSteps else {
      throw Failure(QuantizeReason.notForeseen)
    }
    return Rounding(bits: bits, isPerRow: isPerRow, roles: try roles(in: checkpoint))
  }
}
