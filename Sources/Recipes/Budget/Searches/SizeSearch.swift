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
    if let smaller { best = try refined(smaller, insteadOf: best) }
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

  /// What was found for a smaller target with finer steps, of all matrices or of some, where the best mix for this one loses more. What little
  /// more bytes are good for may be less than what chance has a part in, so that several ways to spend them are tried.
  private mutating func refined(
    _ smaller: BudgetPlan, insteadOf best: BudgetTrial
  ) throws -> BudgetTrial {
    let (known, layers) = (smaller.trial, candidates.start.layers)
    guard smaller.keptWords == candidates.start.keptWords else { return best }
    var found = isClose(known) && known.result.loss < best.result.loss ? known : best
    let least = min(best.bytes, Int(Double(target) * Self.closeness))
    for share in StepShare.allCases where found.result.loss > known.result.loss {
      let finer = try stretch(known.choice, of: known, tries: Self.tries) {
        share.contains($0, layers: layers)
      }
      if let finer, finer.bytes >= least, finer.result.loss < found.result.loss { found = finer }
    }
    return found
  }

  private mutating func land(
    _ tilt: EstimateTilt, damping: String = Treatment.dampings[0]
  ) throws -> BudgetTrial? {
    let (solver, candidates, target) = (solver, candidates, target)
    let allocation = candidates.allocation(by: \.bytes, tilt)
    return try land { room in
      if let choice = allocation.choice(within: room) {
        return candidates.chosen(choice).map { chosen in
          var chosen = chosen
          chosen.treatment = chosen.treatment.damped(by: damping)
          return chosen
        }
      }
      let least = try solver.attempt(candidates.cheapest(by: \.bytes), from: candidates.start)
      throw Failure(
        BudgetReason.impossible(target: target, least: least.bytes, loss: least.result.loss),
        at: Place(file: solver.model.path))
    }
  }

  /// A file of at most the target's bytes, and not much less; nil where none was hit upon.
  ///
  /// - Parameter choose: how matrices are held, in so many bytes.
  private mutating func land(_ choose: (Int) throws -> [Candidate]) throws -> BudgetTrial? {
    var best: BudgetTrial?
    for tries in 1...Self.tries {
      let choice = try choose(target - overhead)
      let trial = try attempt(choice)
      best = closest(best, trial)
      if isClose(trial) { break }
      let known = overhead
      overhead = trial.bytes - choice.reduce(0) { $0 + $1.bytes }
      guard abs(overhead - known) > target / 400 else {
        return closest(best, try stretch(choice, of: trial, tries: Self.tries - tries))
      }
    }
    return best
  }

  /// Makes steps shorter, or longer, until a file is close.
  ///
  /// - Parameters:
  ///   - choice: how matrices are held at first.
  ///   - first: what came of that.
  ///   - isStretched: whether steps of a matrix may change.
  private mutating func stretch(
    _ choice: [Candidate], of first: BudgetTrial, tries: Int,
    where isStretched: (Role) -> Bool = { _ in true }
  ) throws -> BudgetTrial? {
    let numbers = choice.reduce(0) {
      $0 + ($1.treatment.step == nil || !isStretched($1.role) ? 0 : $1.elements)
    }
    guard numbers > 0 else { return nil }
    var (trial, scale) = (first, 1.0)
    var best: BudgetTrial?
    for _ in 0..<tries {
      // A step that is shorter by a factor takes so many bits more.
      let gap = Double(target) * Self.aim - Double(trial.bytes)
      scale *= exp2(-gap * 8 / Double(numbers) * (gap > 0 ? 0.9 : 1.1))
      trial = try attempt(
        choice.map { isStretched($0.role) ? $0.scaled(by: scale) : $0 })
      best = closest(best, trial)
      if isClose(trial) { break }
    }
    return best
  }

  private mutating func attempt(_ choice: [Candidate]) throws -> BudgetTrial {
    let trial = try solver.attempt(choice, from: candidates.start)
    progress?.advance(1)
    trials.append((trial.bytes, trial.result.loss))
    return trial
  }

  /// The larger of two files that are no larger than the target.
  private func closest(_ one: BudgetTrial?, _ other: BudgetTrial?) -> BudgetTrial? {
    let fitting = [one, other].compactMap(\.self).filter { $0.bytes <= target }
    return fitting.max { $0.bytes < $1.bytes }
  }

  private func isClose(_ trial: BudgetTrial) -> Bool {
    trial.bytes <= target && Double(trial.bytes) >= Double(target) * Self.closeness
  }

  /// At most so many files are written to come close to the target.
  private static let tries = 5
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
