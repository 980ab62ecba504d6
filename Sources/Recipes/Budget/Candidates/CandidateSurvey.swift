import Checkpoints
import Formats
import Kernels
import Synchronization
import Tensors

/// Tries every way to hold each matrix of a model, one matrix at a time.
struct CandidateSurvey {
  let checkpoint: Checkpoint
  let menu: any TreatmentMenu
  let context: PassContext
  /// How often each word occurs in the text that losses are measured on.
  let words: [Int]
  let log: TrialLog

  /// The matrices that a budget is shared out among: those that take anything worth saving.
  static func matrices(of checkpoint: Checkpoint) -> [Parameter] {
    checkpoint.parameters.filter { parameter in
      guard parameter.shape.rank == 2, parameter.role.kind == .weight,
        parameter.shape.elementCount >= leastElements, case .dense(let tensor) = parameter.storage
      else { return false }
      return tensor.elementType.isFloat
    }
  }

  /// Less than this is left as it is.
  private static let leastElements = 2048

  /// - Parameters:
  ///   - matrices: of the checkpoint.
  ///   - progress: told of the numbers of matrices that were gone through.
  /// - Returns: for each matrix its candidates; ways that do not fit it are left out.
  func run(over matrices: [Parameter], progress: Progress?) throws -> [[Candidate]] {
    let work = try matrices.flatMap { matrix in
      try Self.groups(menu.treatments(of: matrix)).map { Work(matrix: matrix, treatments: $0) }
    }
    progress?.expect(work.reduce(0) { $0 + $1.size })
    let found = Mutex([Role: [Candidate]]())
    // What is large comes first, so that no thread is left alone with it.
    let order = work.enumerated().sorted {
      ($1.element.size, $0.offset) < ($0.element.size, $1.offset)
    }
    try Workers.forEach(order.map(\.element), threads: context.threads) { item in
      let candidates = try candidates(item)
      found.withLock { $0[item.matrix.role, default: []] += candidates }
      progress?.advance(item.size)
    }
    return found.withLock { found in
      matrices.map { (found[$0.role] ?? []).sorted { $0.treatment.isBefore($1.treatment) } }
    }
  }

  /// Treatments of one matrix that begin alike.
  private struct Work {
    let matrix: Parameter
    let treatments: [Treatment]

    var size: Int { matrix.shape.elementCount * treatments.count }
  }

  /// Those that begin with the same passes together; those of one pass each alone.
  private static func groups(_ treatments: [Treatment]) -> [[Treatment]] {
    let (long, short) = (
      treatments.filter { $0.passes.count > 1 }, treatments.filter { $0.passes.count < 2 }
    )
    return short.map { [$0] }
      + Dictionary(grouping: long) { $0.passes.dropLast() }.values.map { $0 }
  }

  private func candidates(_ work: Work) throws -> [Candidate] {
    let prefix = Array(work.treatments[0].passes.dropLast())
    let (role, elements) = (work.matrix.role, work.matrix.shape.elementCount)
    // What treatments begin with is done once, and not at all if all of them are known.
    var start: Checkpoint??
    return try work.treatments.compactMap { treatment in
      let numbers = try log.numbers(of: "candidate \(role) \(elements) \(treatment.signature)") {
        let begun = try start ?? fitting { try apply(prefix, to: role, of: checkpoint).resident() }
        start = .some(begun)
        guard let begun, let tried = try attempt(treatment, of: work.matrix, on: begun) else {
          return []
        }
        return [Double(tried.bytes), tried.error.expected, tried.error.heldOut]
      }
      guard numbers.count == 3, let bytes = Int(exactly: numbers[0]) else { return nil }
      return Candidate(
        role: role, treatment: treatment, elements: elements, bytes: bytes,
        error: .init(expected: numbers[1], heldOut: numbers[2]))
    }
  }

  /// The checkpoint with one matrix held in some way.
  func applying(_ treatment: Treatment, to role: Role) throws -> Checkpoint {
    try apply(treatment.passes, to: role, of: checkpoint)
  }

  /// The checkpoint with several matrices held in some way.
  func applying(_ treatment: Treatment, to roles: [Role]) throws -> Checkpoint {
    try Recipe(steps: treatment.recipeSteps(for: roles)).run(on: checkpoint, in: context).checkpoint
  }

  private func apply(
    _ passes: [Treatment.PassCall], to role: Role, of checkpoint: Checkpoint
  ) throws -> Checkpoint {
    let steps = try passes.map { try $0.recipeStep(for: [role]) }
    return try Recipe(steps: steps).run(on: checkpoint, in: context.alone).checkpoint
  }

  /// What a matrix takes, and how wrong it is, when the last pass of a treatment has been at it; nil where that does not fit.
  private func attempt(
    _ treatment: Treatment, of matrix: Parameter, on start: Checkpoint
  ) throws -> (bytes: Int, error: TreatmentError.Value)? {
    let result = try fitting {
      try apply(Array(treatment.passes.suffix(1)), to: matrix.role, of: start)
    }
    guard let changed = result?.parameters.first(where: { $0.role == matrix.role }) else {
      return nil
    }
    // Codes that are worked out are asked for twice: as bytes, and as numbers.
    let bytes = try PareFormat.codedByteCount(of: changed.storage)
    let error = try TreatmentError(of: matrix, menu.statistics, heldOut: words)
      .value(changed.storage)
    return (bytes, error)
  }
}

extension PassContext {
  /// The same for a thread of its own.
  fileprivate var alone: PassContext {
    var context = self
    (context.threads, context.progress) = (1, nil)
    return context
  }
}
