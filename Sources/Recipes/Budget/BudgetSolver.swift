import Checkpoints
import Encoders
import Formats
import Tensors

/// Finds, for a number of bytes or for a speed, how each matrix of a model is best held.
///
/// Every way to hold every matrix is tried by itself: what it takes in a file, and how wrong it makes what the linear gives. A few trials on the real
/// encoder say what an error of each matrix costs. Then the best mix for the budget is looked for, written, read again and measured, and the
/// estimates are bent where that shows them to be wrong.
package struct BudgetSolver {
  package let model: Model
  package let request: BudgetRequest
  /// What the user should know.
  package let notes: [Diagnostic]
  let statistics: Statistics
  let calibration: ModelCalibration
  /// The model with all of its words.
  let whole: BudgetStart
  /// What was tried so far; of a run that was killed too.
  package let log: TrialLog
  /// Whether heads and neurons may go.
  let shrinks: Bool
  /// Where a speed is asked for.
  let clock: ReadingClock?

  /// The files of weights in a folder that gets what was found.
  package static let fileNames = PareFormat().folderNames
  /// Bytes of worked-out curvatures that are kept.
  private static let memory = 256 << 20

  /// Calibrates the model.
  ///
  /// - Parameters:
  ///   - progress: told of texts.
  /// - Throws: ``Failure`` if the model cannot be run, or there is too little text.
  package init(
    of model: Model, as source: ModelRequest, _ request: BudgetRequest,
    progress: Progress? = nil
  ) throws {
    (self.model, self.request) = (model, request)
    var calibrating = CalibrationRequest(request.source, of: source)
    shrinks = Self.shrinks(model, request)
    calibrating.settings.measures =
      shrinks ? [.inputs, .sensitivity, .masks] : [.inputs, .sensitivity]
    calibrating.settings.threads = request.threads
    calibrating.limit = request.examples
    calibrating.heldOut = BudgetRequest.heldOut
    calibrating.frequencies = request.frequencies
    calibrating.seed = request.seed
    calibration = try ModelCalibration(calibrating)
    guard calibration.heldOut.count * 4 >= BudgetReason.leastTexts else {
      throw Failure(
        BudgetReason.tooLittleText(calibration.textCount), at: Place(file: request.source.path))
    }
    let kept = try calibration.kept(at: request.statisticsPath, progress: progress)
    let statistics = kept.statistics.withMemory(limit: Self.memory)
    self.statistics = statistics
    notes = kept.notes
    let context = Self.context(of: model, request, statistics)
    let steps = try Self.steps(of: model, request)
    let start = try Recipe(steps: steps).run(on: model.checkpoint, in: context).checkpoint
    guard !CandidateSurvey.matrices(of: start).isEmpty else {
      throw Failure(
        BudgetReason.noMatrices, at: Place(file: model.checkpoint.container.files.first))
    }
    log = TrialLog(
      request.statisticsPath + ".trials",
      run: try Self.fingerprint(of: model, request, calibration.heldOut))
    let heldOut = try HeldOutLoss(
      of: model.checkpoint, on: calibration.heldOut, threads: request.threads)
    whole = BudgetStart(
      steps, giving: start, Self.menu(request, statistics, of: start), in: context,
      heldOut: heldOut, log: log)
    clock = request.speedup == nil ? nil : try ReadingClock(of: model.checkpoint, by: heldOut)
  }

  /// What is done before anything else: wide numbers become narrow where the target is too small for them anyway.
  private static func steps(of model: Model, _ request: BudgetRequest) throws -> [RecipeStep] {
    let weights = model.checkpoint.container.byteCount
    let isWide = model.checkpoint.parameters.contains { $0.elementType.byteWidth ?? 0 > 2 }
    let least = request.targets.min() ?? weights
    return isWide && least * 5 < weights * 3 ? [try RecipeStep("cast", [("dtype", ["F16"])])] : []
  }

  private static func context(
    of model: Model, _ request: BudgetRequest, _ statistics: Statistics
  ) -> PassContext {
    var context = PassContext(threads: request.threads)
    context.openStatistics = { _ in statistics }
    context.origin = ChainOrigin(model.checkpoint)
    return context
  }

  /// What passes may use, a vocabulary too.
  func context(
    openVocabulary: @escaping @Sendable () throws -> any VocabularyEditing
  ) -> PassContext {
    var context = Self.context(of: model, request, statistics)
    context.openVocabulary = openVocabulary
    return context
  }

  /// How much heads and neurons matter is known of models with a head.
  private static func shrinks(_ model: Model, _ request: BudgetRequest) -> Bool {
    guard request.speedup != nil, request.methods.contains(.shrink) else { return false }
    switch model.checkpoint.architecture.head {
    case .sequenceClassification, .tokenClassification, .questionAnswering: return true
    default: return false
    }
  }

  /// The ways to hold the matrices of a checkpoint.
  static func menu(
    _ request: BudgetRequest, _ statistics: Statistics, of checkpoint: Checkpoint
  ) -> any TreatmentMenu {
    guard request.speedup == nil else {
      return SpeedMenu(
        statistics: statistics, path: request.statisticsPath, methods: request.methods)
    }
    let elements = CandidateSurvey.matrices(of: checkpoint).reduce(0) { $0 + $1.shape.elementCount }
    let bits = request.targets.map { Double($0) * 8 / Double(elements) }
    return SizeMenu(
      statistics: statistics, path: request.statisticsPath, methods: request.methods,
      steps: SizeMenu.steps(around: (bits.min() ?? 3)...(bits.max() ?? 3)))
  }

  /// By which a later run knows that trials would give the same.
  private static func fingerprint(
    of model: Model, _ request: BudgetRequest, _ heldOut: [TokenSequence]
  ) throws -> String {
    var fingerprint = Fingerprint()
    fingerprint.combine(fileIdentity("/proc/self/exe"))
    fingerprint.combine(fileIdentity(request.statisticsPath))
    fingerprint.combine(try model.checkpoint.fingerprint())
    for sequence in heldOut { sequence.ids.withUnsafeBytes { fingerprint.combine($0) } }
    return fingerprint.text
  }

  /// All candidates of all matrices; what they cost is not yet known.
  ///
  /// - Parameter progress: told of the numbers that were gone through.
  package func candidates(progress: Progress? = nil) throws -> BudgetCandidates {
    BudgetCandidates(
      from: whole, ofMatrices: try whole.survey.run(over: whole.matrices, progress: progress))
  }

  /// Measures some candidates, and estimates by them what the others cost.
  ///
  /// - Parameter progress: told of the candidates that were measured.
  package func estimate(
    _ candidates: BudgetCandidates, progress: Progress? = nil
  ) throws -> BudgetCandidates {
    try BudgetCandidates(
      from: candidates.start,
      ofMatrices: LossSurvey(survey: candidates.start.survey, heldOut: candidates.start.heldOut)
        .estimate(candidates.ofMatrices, progress: progress))
  }

  /// Measures more candidates, from all matrices and families, to see how far the estimates can be trusted.
  package func check(
    _ candidates: BudgetCandidates, count: Int, progress: Progress? = nil
  ) throws -> BudgetCandidates {
    var candidates = candidates
    let chosen = candidates.spread(count)
    progress?.expect(chosen.count)
    let losses = LossSurvey(survey: candidates.start.survey, heldOut: candidates.start.heldOut)
    for (matrix, index) in chosen {
      candidates.ofMatrices[matrix][index].measured = try losses.measure(
        candidates.ofMatrices[matrix][index])
      progress?.advance(1)
    }
    return candidates
  }

  /// The best plan for a target that could be found.
  ///
  /// - Parameters:
  ///   - alternatives: what there is to choose from, of one start or another; at least one.
  ///   - bends: whether estimates are bent where measurements show them to be wrong, which takes several files more.
  ///   - smaller: what was found for a smaller target, than which this is not worse.
  ///   - progress: told of trials.
  /// - Throws: ``Failure`` if the target cannot be reached.
  package func plan(
    _ alternatives: [BudgetCandidates], target: Int, bends: Bool = true,
    smaller: BudgetPlan? = nil, progress: Progress? = nil
  ) throws -> BudgetPlan {
    var plans: [BudgetPlan] = []
    var impossible: Failure?
    for candidates in alternatives {
      var search = SizeSearch(
        solver: self, candidates: candidates, target: target, progress: progress)
      do {
        plans.append(
          try search.run(
            bends: bends, smaller: smaller, known: plans.map(\.loss).min() ?? .infinity))
      } catch let failure as Failure {
        guard case BudgetReason.impossible = failure.reason else { throw failure }
        impossible = failure
      }
    }
    guard let best = plans.min(by: { $0.loss < $1.loss }) else { throw impossible! }
    return best
  }

  /// The plan that loses least of those that were found to be so fast.
  ///
  /// - Parameter progress: told of what was timed.
  /// - Throws: ``Failure`` if none is.
  package func plan(
    _ candidates: BudgetCandidates, speedup: Double, progress: Progress? = nil
  ) throws -> BudgetPlan {
    var search = try SpeedSearch(
      solver: self, candidates: candidates, target: speedup, progress: progress)
    return try search.run()
  }

  /// What the weights take now.
  var byteCount: Int { model.checkpoint.container.byteCount }
}
