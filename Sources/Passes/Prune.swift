import Checkpoints
import Kernels
import Synchronization
import Tensors

/// Magnitude pruning: masks the weights that matter least, and keeps the others as they are.
///
/// The sparsity obtained is the one asked for: of each matrix, each layer or all together, `round(sparsity · n)` of `n`
/// weights (or blocks) are masked, to even at halves as PyTorch's `torch.nn.utils.prune` has it; of equal ones the earlier. Zeros that are
/// there already are the first to go, and where there are more of them than that, all go.
package struct Prune: Pass {
  package static let declaration = PassDeclaration(
    name: "prune",
    summary: "Masks the weights of least magnitude.",
    discussion: """
      Works on the matrices of the encoder's linears; on embeddings, heads and the pooler where --only names them, and on \
      biases and norms where --only names nothing else. The sparsity obtained is the one asked for, ties included, and zeros that \
      are there count towards it. What is sparse can be pruned further; of factorized matrices both factors are \
      pruned, and of quantized ones the codes. With --statistics weights go by the inverse Fisher information, with which those that stay make up \
      for those that go, by their importance, or by the norms of what they are fed, whichever the file has first.

      wanda compares |w| · ‖x‖ within each row, fisher w² · F, F being the mean squared derivative of the loss. sparsegpt settles column after column and lets the later ones make up for what goes, as far as the \
      inputs of the matrix allow. All want --statistics as 'pare calibrate' writes it: with inputs, or with fisher.
      """,
    options: [
      PassOption(
        "sparsity", .number(0...1), "The share of the weights to mask.", valueName: "share"),
      PassOption(
        "method", .choice(Method.allCases.map(\.rawValue)), "How it is decided which weights go.",
        standard: "magnitude, or what the statistics hold"),
      PassOption(
        "scope", .choice(Scope.allCases.map(\.rawValue)),
        "Among which weights the least are sought.",
        standard: "global, row of wanda, tensor of sparsegpt"),
      PassOption(
        "pattern", .text,
        "unstructured; N:M, N kept of every M along the input; or RxC, blocks of R rows (out) and C columns (in) by their norm.",
        valueName: "pattern", standard: "unstructured"),
      PassOption.statistics, PassOption.calibration, BiasRepair.option, LinearInputs.dampingOption,
    ] + PassOption.selection)

  /// Among which weights those of least magnitude are sought.
  enum Scope: String, CaseIterable {
    case global, layer, tensor, row
  }

  /// How it is decided which weights go.
  enum Method: String, CaseIterable {
    case magnitude, wanda, fisher, sparsegpt
  }

  private let method: Method?
  private let arguments: PassArguments
  private let pattern: PruningPattern
  private let scope: Scope
  private let sparsity: Double

  package init(_ arguments: PassArguments) throws {
    self.arguments = arguments
    pattern = try PruningPattern(arguments.text("pattern"))
    method = arguments.text("method").flatMap(Method.init)
    let usual: Scope = method == .wanda ? .row : method == .sparsegpt ? .tensor : .global
    scope = arguments.text("scope").flatMap(Scope.init) ?? usual
    if method == .sparsegpt, scope != .tensor {
      throw Failure(PassReason.conflict("scope \(scope.rawValue)", "method sparsegpt"))
    }
    if method != .sparsegpt, arguments.text("damping") != nil {
      throw Failure(PassReason.conflict("damping", "method \(method?.rawValue ?? "magnitude")"))
    }
    if method == .magnitude, arguments.haveStatistics {
      throw Failure(PassReason.conflict("statistics", "method magnitude"))
    }
    if case .ratio(let kept, let group) = pattern {
      sparsity = 1 - Double(kept) / Double(group)
      let given = arguments.number("sparsity") ?? sparsity
      for (option, excludes) in [
        ("sparsity", abs(given - sparsity) > 1e-3), ("scope", arguments.text("scope") != nil),
      ] where excludes {
        throw Failure(PassReason.conflict(option, "pattern \(kept):\(group)"))
      }
    } else if let given = arguments.number("sparsity") {
      sparsity = given
    } else {
      throw Failure(PassReason.missing(option: "sparsity", pass: Self.declaration.name))
    }
  }

  package func apply(to checkpoint: Checkpoint, in context: PassContext) throws -> Checkpoint {
    let roles = try selected(checkpoint)
    guard sparsity > 0 else { return checkpoint }
    let statistics = try statistics(of: checkpoint, context)
    var matrices: [PrunableMatrix] = []
    for parameter in checkpoint.parameters where roles.contains(parameter.role) {
      try parameter.naming(in: checkpoint.container.files.first) {
        matrices += try PrunableMatrix.all(
          of: parameter, pattern: pattern, method, arguments, statistics)
      }
    }
    if statistics != nil { try PrunableMatrix.checkMeasures(matrices) }
    var rules = [PruningMask.Rule](repeating: .cut(.nothing), count: matrices.count)
    if method == .sparsegpt {
      matrices = try swept(matrices, context)
    } else {
      rules = try self.rules(for: matrices, context)
    }
    let masks = try PruningMask.all(of: matrices, rules: rules, threads: context.threads)
    let compensated = Mutex(masks)
    try Workers.forEach(Array(masks.enumerated()), threads: context.threads) { index, mask in
      let own = try mask.compensated()
      compensated.withLock { $0[index] = own }
    }
    var remaining = compensated.withLock { $0 }[...]
    let repair = try BiasRepair(arguments, statistics, pass: Self.declaration.name)
    let result = try checkpoint.replacing { parameter in
      guard roles.contains(parameter.role) else { return nil }
      return parameter.pruned(by: &remaining)
    }
    return try repair?.applied(to: result, of: roles, original: checkpoint) ?? result
  }

  /// What calibration has measured, where it is needed or given.
  private func statistics(
    of checkpoint: Checkpoint, _ context: PassContext
  ) throws -> Statistics? {
    if !arguments.haveStatistics, let method, method != .magnitude {
      throw Failure(PassReason.missing(option: "statistics", pass: Self.declaration.name))
    }
    return try context.statistics(
      arguments, measuring: method == .fisher ? ["inputs", "fisher"] : ["inputs"], of: checkpoint)
  }

  /// The matrices with zeros where weights go, and with what makes up for them elsewhere.
  private func swept(
    _ matrices: [PrunableMatrix], _ context: PassContext
  ) throws -> [PrunableMatrix] {
    let choice: MaskingRule.Choice
    if case .ratio(let kept, let group) = pattern {
      choice = .ratio(kept: kept, group: group)
    } else {
      choice = .share(sparsity)
    }
    let results = Mutex(matrices)
    try Workers.forEach(Array(matrices.enumerated()), threads: context.threads) { index, matrix in
      let swept = try matrix.parameter.naming(in: nil) { try matrix.swept(choice) }
      results.withLock { $0[index] = swept }
    }
    return results.withLock { $0 }
  }

  /// Rows and columns of what is masked together.
  package var block: Shape { pattern.block }

  /// Matrices; vectors only where nothing else is meant, as `encoder` takes in biases too.
  package func selected(_ checkpoint: Checkpoint) throws -> Set<Role> {
    let name = Self.declaration.name
    let isMatrix = { (parameter: Parameter) in
      parameter.role.kind == .weight && parameter.shape.rank == 2
        && parameter.shape.elementCount > 0
    }
    do {
      return try checkpoint.selected(
        arguments, for: name, usual: { $0.role.isBodyLinear }, possible: isMatrix)
    } catch let failure as Failure {
      guard case PassReason.nothingSelected = failure.reason else { throw failure }
      return try checkpoint.selected(
        arguments, for: name, usual: { _ in false }, possible: { $0.shape.elementCount > 0 })
    }
  }

  /// Which weights of each matrix are masked.
  private func rules(
    for matrices: [PrunableMatrix], _ context: PassContext
  ) throws -> [PruningMask.Rule] {
    if case .ratio(let kept, let group) = pattern {
      return matrices.map { _ in .ratio(kept: kept, group: group) }
    }
    if scope == .row {
      return matrices.map { matrix in
        let across = (matrix.shape.lengths.last ?? 1) / matrix.block[1]
        let masked = Int((sparsity * Double(across)).rounded(.toNearestOrEven))
        return .ratio(kept: across - masked, group: across)
      }
    }
    var rules = [PruningMask.Rule](repeating: .cut(.nothing), count: matrices.count)
    for members in groups(of: matrices) {
      let scores = members.map { matrices[$0].scores }
      let units = scores.reduce(0) { $0 + $1.elementCount }
      let count = Int((sparsity * Double(units)).rounded(.toNearestOrEven))
      let choice = try SmallestMagnitudes(count, of: scores, threads: context.threads)
      for (index, cut) in zip(members, choice.cuts) { rules[index] = .cut(cut) }
    }
    return rules
  }

  /// The indices of matrices among which weights are compared.
  private func groups(of matrices: [PrunableMatrix]) -> [[Int]] {
    switch scope {
    case .global: return [Array(matrices.indices)]
    case .tensor, .row: return matrices.indices.map { [$0] }
    case .layer:
      var groups: [[Int]] = []
      for (index, matrix) in matrices.enumerated() {
        if let layer = matrix.layer, let last = groups.last?.last, matrices[last].layer == layer {
          groups[groups.count - 1].append(index)
        } else {
          groups.append([index])
        }
      }
      return groups
    }
  }
}
