import Checkpoints
import Glibc
import Reports
import Tensors

/// Looks for the best mix for a number of bytes.
struct SizeSearch {
  let solver: BudgetSolver
  let candidates: BudgetCandidates
  let target: Int
  let progress: Progress?
  /// What the file takes beside the matrices.
  private var overhead: Int
  private var trials: [(bytes: Int, loss: Double)] = []

  init(
    solver: BudgetSolver, candidates: BudgetCandidates, target: Int, progress: Progress?
  ) {
    (self.solver, self.candidates, self.target) = (solver, candidates, target)
    self.progress = progress
    overhead = candidates.start.restByteCount
  }

  /// - Parameters:
  ///   - bends: whether estimates are bent where measurements show them to be wrong.
  ///   - smaller: what was found for a smaller target, than which this should not be worse.
  ///   - known: the loss of what was found from another start, if it was; what loses much more is not looked into any further.
  mutating func run(
    bends: Bool, smaller: BudgetPlan?, known: Double = .infinity
  ) throws -> BudgetPlan {
    progress?.expect(bends ? 16 : 4)
    guard var best = try land(EstimateTilt()) else {
      let least = trials.min { $0.bytes < $1.bytes }
      throw Failure(
        BudgetReason.impossible(
          target: target, least: least?.bytes ?? 0, loss: least?.loss ?? 0),
        at: Place(file: solver.model.path))
    }
    if bends, best.result.loss < Self.hopeless * known { best = try bent(best) }
    if let smaller, let finer = try refined(smaller, insteadOf: best) { best = finer }
    return plan(best)
  }

  /// The best that is found by bending estimates, as long as that helps, and then by trusting calibration more.
  private mutating func bent(_ first: BudgetTrial) throws -> BudgetTrial {
    var (best, tilt) = (first, EstimateTilt())
    for direction in EstimateTilt.Direction.allCases {
      for factor in [2, 0.5] {
        var improved = false
        while let next = tilt.turned(direction, by: factor) {
          guard let trial = try land(next), trial.result.loss < best.result.loss else { break }
          (best, tilt, improved) = (trial, next, true)
        }
        if improved { break }
      }
    }
    for damping in Treatment.dampings.dropFirst() {
      if let trial = try land(tilt, damping: damping), trial.result.loss < best.result.loss {
        best = trial
      }
    }
    return best
  }

  /// What was found for a smaller target with finer steps, where the best mix for this one loses more.
  private mutating func refined(
    _ smaller: BudgetPlan, insteadOf best: BudgetTrial
  ) throws -> BudgetTrial? {
    guard smaller.keptWords == candidates.start.keptWords, smaller.loss < best.result.loss,
      let finer = try land(from: smaller.trial.scale, { _ in smaller.trial.choice }),
      finer.bytes >= min(best.bytes, Int(Double(target) * Self.closeness)),
      finer.result.loss < best.result.loss
    else { return nil }
    return finer
  }

  private mutating func land(
    _ tilt: EstimateTilt, damping: String = Treatment.dampings[0]
  ) throws -> BudgetTrial? {
    let (solver, candidates, target) = (solver, candidates, target)
    let allocation = candidates.allocation(by: \.bytes, tilt)
    return try land(from: 1) { room in
      if let choice = allocation.choice(within: room) {
        return candidates.chosen(choice).map { chosen in
          var chosen = chosen
          chosen.treatment = chosen.treatment.damped(by: damping)
          return chosen
        }
      }
      let least = try solver.attempt(
        candidates.cheapest(by: \.bytes), scale: 1, from: candidates.start)
      throw Failure(
        BudgetReason.impossible(target: target, least: least.bytes, loss: least.result.loss),
        at: Place(file: solver.model.path))
    }
  }

  /// A file of at most the target's bytes, and not much less; nil where none was hit upon.
  ///
  /// - Parameters:
  ///   - start: what steps are scaled by at first.
  ///   - choose: how matrices are held, in so many bytes.
  private mutating func land(
    from start: Double, _ choose: (Int) throws -> [Candidate]
  ) throws -> BudgetTrial? {
    var scale = start
    var best: BudgetTrial?
    for _ in 0..<5 {
      let choice = try choose(target - overhead)
      let trial = try solver.attempt(choice, scale: scale, from: candidates.start)
      progress?.advance(1)
      trials.append((trial.bytes, trial.result.loss))
      if trial.bytes <= target, trial.bytes > best?.bytes ?? 0 { best = trial }
      if trial.bytes <= target, Double(trial.bytes) >= Double(target) * Self.closeness { break }
      if scale == 1 {
        let matrices = choice.reduce(0) { $0 + $1.bytes }
        let known = overhead
        overhead = trial.bytes - matrices
        if abs(overhead - known) > target / 400 { continue }
      }
      // A step that is shorter by a factor takes so many bits more.
      let stepped = choice.reduce(0) { $0 + ($1.treatment.step == nil ? 0 : $1.elements) }
      let gap = Double(target) * Self.aim - Double(trial.bytes)
      guard stepped > 0 else { break }
      scale *= exp2(-gap * 8 / Double(stepped) * (gap > 0 ? 0.9 : 1.1))
    }
    return best
  }

  /// The least share of the target that is good enough, and the share that is aimed at.
  private static let closeness = 0.9965
  private static let aim = 0.9985
  /// Bending estimates takes off less than this factor.
  private static let hopeless = 2.0

  private func plan(_ trial: BudgetTrial) -> BudgetPlan {
    let rest = max(0, trial.bytes - trial.choice.reduce(0) { $0 + $1.bytes })
    return BudgetPlan(
      goal: .size(target: target), trial, keptWords: candidates.start.keptWords,
      rows: trial.rows { candidates.price(of: $0, by: \.bytes) * 1000 },
      trials: trials.map { .init(amount: Double($0.bytes), loss: $0.loss) },
      frontier: candidates.frontier(by: \.bytes).map {
        .init(amount: Double(rest + $0.cost), loss: $0.loss)
      })
  }
}
