import Checkpoints
import Tensors

/// How much time ways to hold a matrix save on this machine.
///
/// All matrices of a shape are held in a way at once and the whole model timed, as a single one makes a difference too small to be seen; what is
/// saved is theirs by the products that each saves, as the last layer may work on few tokens. Which of the numbers are zero makes no difference, so
/// that they are chosen in the quickest way.
struct LatencyTable {
  /// What the model takes as it is, in nanoseconds.
  let whole: Int
  private let savings: [Role: [Treatment: Int]]

  /// - Parameters:
  ///   - candidates: whose treatments are timed.
  ///   - progress: told of what was timed.
  /// - Throws: ``Failure`` if the model cannot be run.
  init(
    of candidates: BudgetCandidates, _ clock: ReadingClock, progress: Progress? = nil
  ) throws {
    whole = Int(clock.seconds * 1e9)
    let survey = candidates.start.survey
    let groups = Self.groups(candidates)
    progress?.expect(groups.reduce(0) { $0 + $1.treatments.count })
    var savings: [Role: [Treatment: Int]] = [:]
    for (roles, treatments) in groups {
      let shares = try Self.shares(of: roles, treatments[0].uncalibrated, survey, clock)
      for treatment in treatments {
        let quick = treatment.uncalibrated
        let speedup = try survey.log.numbers(of: "speedup \(roles) \(quick.signature)") {
          let treated = try survey.applying(quick, to: roles)
          return [try clock.speedup(of: treated, pairs: ReadingClock.fewPairs)]
        }
        let saved = clock.seconds * 1e9 * (1 - 1 / max(1e-3, speedup.first ?? 1))
        for (role, share) in zip(roles, shares) {
          savings[role, default: [:]][treatment] = Int(saved * share)
        }
        progress?.advance(1)
      }
    }
    self.savings = savings.mapValues(Self.ascending)
  }

  /// What goes further in the same way saves no less, but for how exactly it was timed.
  private static func ascending(_ savings: [Treatment: Int]) -> [Treatment: Int] {
    var result: [Treatment: Int] = [:]
    var most: [Treatment.Family: Int] = [:]
    for (treatment, saved) in savings.sorted(by: { $0.key.isBefore($1.key) }) {
      let saved = max(saved, most[treatment.family] ?? saved)
      most[treatment.family] = saved
      result[treatment] = saved
    }
    return result
  }

  /// The matrices of one shape together, and the ways to hold them in which something is done.
  private static func groups(
    _ candidates: BudgetCandidates
  ) -> [(roles: [Role], treatments: [Treatment])] {
    var roles: [Shape: [Role]] = [:]
    var treatments: [Shape: [Treatment]] = [:]
    var order: [Shape] = []
    for (matrix, own) in zip(candidates.start.matrices, candidates.ofMatrices) {
      let done = own.map(\.treatment).filter { !$0.passes.isEmpty }
      guard !done.isEmpty else { continue }
      if roles[matrix.shape] == nil { order.append(matrix.shape) }
      roles[matrix.shape, default: []].append(matrix.role)
      let known = treatments[matrix.shape, default: []]
      treatments[matrix.shape] = known + done.filter { !known.contains($0) }
    }
    return order.map { (roles[$0]!, treatments[$0]!) }
  }

  /// What share each of some matrices has in the products that all of them save.
  private static func shares(
    of roles: [Role], _ treatment: Treatment, _ survey: CandidateSurvey, _ clock: ReadingClock
  ) throws -> [Double] {
    let saved = try roles.map { role in
      try clock.savedOperations(of: survey.applying(treatment, to: role))
    }
    let total = saved.reduce(0, +)
    return saved.map { total > 0 ? Double($0) / Double(total) : 1 / Double(roles.count) }
  }

  /// What a candidate saves, in nanoseconds; less than nothing where it is slower than what is there.
  func saving(of candidate: Candidate) -> Int { savings[candidate.role]?[candidate.treatment] ?? 0 }

  /// What a candidate takes beyond the fastest for its matrix, in nanoseconds.
  func cost(of candidate: Candidate) -> Int {
    Self.most(savings[candidate.role]) - saving(of: candidate)
  }

  private static func most(_ savings: [Treatment: Int]?) -> Int {
    max(0, savings?.values.max() ?? 0)
  }

  /// What the whole model takes where candidates cost so much together.
  func time(atCost cost: Int) -> Int {
    whole - savings.values.reduce(0) { $0 + Self.most($1) } + cost
  }

  /// What candidates may cost together where the whole model is to take so many nanoseconds.
  func room(within time: Int) -> Int { time - self.time(atCost: 0) }
}
