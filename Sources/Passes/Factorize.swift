import Checkpoints
import Kernels
import Tensors

/// Truncated singular value decomposition: holds a matrix as the product of two narrower ones.
///
/// The error is the least that the rank allows (Eckart and Young, 1936), or the least weighted error where statistics are given:
/// by the importance of rows (FWSVD: Hsu et al., 2022), or by what the matrix makes of the inputs that calibration saw (DRONE: Chen et
/// al., 2021). The factors are of the matrix's own element type.
package struct Factorize: CuttingPass {
  package static let declaration = PassDeclaration(
    name: "factorize",
    summary: "Holds matrices as products of two narrower ones.",
    discussion: """
      Takes one of --rank, --energy and --ratio. Works on the matrices of the encoder's linears; on the word embedding with \
      --embeddings, and on any other matrix that --only names. A rank that saves nothing is refused: factors of [m, n] at rank \
      r hold r·(m + n) numbers. With --statistics errors are weighted: by Gram matrices of inputs where the file has \
      them, else by the importance of rows, or their Fisher information; --weighting takes one of these, or for the word embedding \
      sensitivity: how far the model's scores move along each direction of words' vectors.
      """,
    options: [
      PassOption(
        "rank", .integer(1...1_000_000), "The inner length of the products.", valueName: "rank"),
      PassOption(
        "energy", .number(0...1),
        "The share of the sum of squared singular values to keep; decides on each matrix's rank.",
        valueName: "share"),
      PassOption(
        "ratio", .number(0...1),
        "The share of the parameters to keep; decides on each matrix's rank.", valueName: "share"),
      PassOption("embeddings", .flag, "Take the word embedding too."),
      PassOption(
        "balance", .choice(["even", "left"]),
        "Where singular values go: into both factors alike, or all into the left one, whose errors are then those of the matrix. Products that are to be rounded to steps may be of any rank then, since steps of a rotated matrix take fewer bits.",
        standard: "even"),
      PassOption(
        "residual", .number(0...0.9),
        "Keep this share of a matrix's numbers beside the product, where it leaves the most: low rank plus sparse.",
        valueName: "share", standard: "0"),
      PassOption(
        "weighting", .choice(ErrorMeasure.allCases.map(\.rawValue)),
        "By what of --statistics errors are weighted.", standard: "what the file has first"),
      PassOption.statistics, PassOption.calibration, BiasRepair.option,
    ] + PassOption.selection)

  private let arguments: PassArguments
  private let strength: Strength

  /// What errors may be weighted by.
  enum ErrorMeasure: String, CaseIterable {
    case inputs, importance, fisher, sensitivity

    /// What calibration has to measure for it.
    fileprivate var measures: Set<String> {
      switch self {
      case .inputs, .importance: ["inputs"]
      case .fisher: ["inputs", "fisher"]
      case .sensitivity: ["inputs", "sensitivity"]
      }
    }
  }

  /// How much is left out.
  enum Strength {
    case rank(Int)
    case energy(Double)
    case ratio(Double)
  }

  package init(_ arguments: PassArguments) throws {
    self.arguments = arguments
    let given = ["rank", "energy", "ratio"].filter { arguments.text($0) != nil }
    guard let name = given.first else {
      throw Failure(
        PassReason.missing(option: "rank', 'energy' or 'ratio", pass: Self.declaration.name))
    }
    guard given.count == 1 else { throw Failure(PassReason.conflict(given[0], given[1])) }
    if arguments.text("weighting") != nil, !arguments.haveStatistics {
      throw Failure(PassReason.missing(option: "statistics", pass: Self.declaration.name))
    }
    switch name {
    case "rank": strength = .rank(arguments.integer(name)!)
    case "energy": strength = .energy(arguments.number(name)!)
    default: strength = .ratio(arguments.number(name)!)
    }
  }

  package func apply(to checkpoint: Checkpoint, in context: PassContext) throws -> Checkpoint {
    let roles = try roles(in: checkpoint)
    guard strength.isSome else { return checkpoint }
    let statistics = try statistics(of: checkpoint, context)
    let matrices = checkpoint.parameters.filter { roles.contains($0.role) }
    if let cut = try cut(of: matrices, statistics) { return try cut.apply(to: checkpoint) }
    let plan = try FactorizationPlan(
      of: matrices, strength: strength, statistics: statistics,
      weighting: weighting,
      isLeftHeavy: arguments.text("balance") == "left",
      residual: arguments.number("residual") ?? 0,
      file: checkpoint.container.files.first, threads: context.threads)
    var result = try checkpoint.replacing { parameter in
      plan.ranks[parameter.role].map { plan.factorized(parameter, rank: $0) }
    }
    result.diagnostics += plan.diagnostics
    let repair = try BiasRepair(arguments, statistics, pass: Self.declaration.name)
    return try repair?.applied(to: result, of: Set(plan.ranks.keys), original: checkpoint) ?? result
  }

  package func cut(of checkpoint: Checkpoint, in context: PassContext) throws -> (any Cut)? {
    let roles = try roles(in: checkpoint)
    return try cut(
      of: checkpoint.parameters.filter { roles.contains($0.role) },
      try statistics(of: checkpoint, context))
  }

  private var weighting: ErrorMeasure? { arguments.text("weighting").flatMap(ErrorMeasure.init) }

  private func statistics(
    of checkpoint: Checkpoint, _ context: PassContext
  ) throws -> Statistics? {
    try context.statistics(
      arguments, measuring: (weighting ?? .inputs).measures, of: checkpoint)
  }

  private func cut(of matrices: [Parameter], _ statistics: Statistics?) throws -> RankCut? {
    guard case .rank(let rank) = strength, arguments.number("residual") ?? 0 == 0, let statistics
    else { return nil }
    return try RankCut(of: matrices, rank: rank, statistics)
  }

  /// The matrices that the pass works on.
  func roles(in checkpoint: Checkpoint) throws -> Set<Role> {
    let takesEmbedding = arguments.flag("embeddings")
    return try checkpoint.selected(
      arguments, for: Self.declaration.name,
      usual: {
        $0.role.isBodyLinear || (takesEmbedding && $0.role.module == .embedding(.word))
      },
      possible: {
        $0.role.kind == .weight && $0.shape.rank == 2 && $0.shape.elementCount > 0
      })
  }
}

extension Factorize.Strength {
  /// Whether anything is left out.
  fileprivate var isSome: Bool {
    switch self {
    case .rank: true
    case .energy(let share), .ratio(let share): share < 1
    }
  }
}
