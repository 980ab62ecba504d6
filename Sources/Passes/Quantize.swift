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
      inputs of the matrix allow; it wants --statistics with inputs, as 'pare calibrate' writes it, and takes linears alone. kmeans finds the numbers that fit a tensor best. product finds vectors that stand for \
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
      PassOption.statistics,
    ] + PassOption.selection)

  private let arguments: PassArguments
  private let options: QuantizationOptions

  package init(_ arguments: PassArguments) throws {
    self.arguments = arguments
    options = try QuantizationOptions(arguments)
  }

  package func apply(to checkpoint: Checkpoint, in context: PassContext) throws -> Checkpoint {
    let roles = try roles(in: checkpoint)
    let statistics = try context.statistics(arguments.text("statistics"), of: checkpoint)
    return try checkpoint.replacing { parameter in
      guard roles.contains(parameter.role) else { return nil }
      let place = Place(file: checkpoint.container.files.first, tensor: parameter.name)
      let storage = try parameter.storage.quantized(
        rows: parameter.shape[0], columns: parameter.shape[1]
      ) { storage, rows, columns, part in
        let matrix = QuantizableMatrix(
          storage: storage, rows: rows, columns: columns,
          importance: part == nil ? try statistics?.importance(parameter.role) : nil,
          gram: try gram(of: parameter, part: part, statistics),
          scales: try statistics?.scales(parameter.role, part: part), place: place)
        return try options.quantized(matrix, threads: context.threads)
      }
      return parameter.holding(storage)
    }
  }

  /// What a matrix is fed, where the method goes by that.
  ///
  /// - Parameter part: of a product; of what its parts are fed nothing is known.
  private func gram(
    of parameter: Parameter, part: String?, _ statistics: Statistics?
  ) throws -> [Float]? {
    guard options.method == .gptq, part == nil else { return nil }
    return try statistics?.gram(parameter.role, width: parameter.shape[1])
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
