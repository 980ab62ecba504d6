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
  private let statistics: Statistics
  let heldOut: HeldOutLoss
  /// Done before anything else.
  private let base: [RecipeStep]
  let survey: CandidateSurvey
  /// What was tried so far; of a run that was killed too.
  package let log: TrialLog
  private let matrices: [Parameter]
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
    let calibration = try ModelCalibration(calibrating)
    guard calibration.heldOut.count * 4 >= BudgetReason.leastTexts else {
      throw Failure(
        BudgetReason.tooLittleText(calibration.textCount), at: Place(file: request.source.path))
    }
    let kept = try calibration.kept(at: request.statisticsPath, progress: progress)
    let statistics = kept.statistics.withMemory(limit: Self.memory)
    self.statistics = statistics
    notes = kept.notes
    let weights = model.checkpoint.container.byteCount
    let isWide = model.checkpoint.parameters.contains { $0.elementType.byteWidth ?? 0 > 2 }
    let least = request.targets.min() ?? weights
    base = isWide && least * 5 < weights * 3 ? [try RecipeStep("cast", [("dtype", ["F16"])])] : []
    var context = PassContext(threads: request.threads)
    context.openStatistics = { _ in statistics }
    context.origin = ChainOrigin(model.checkpoint)
    let start = try Recipe(steps: base).run(on: model.checkpoint, in: context).checkpoint
    matrices = CandidateSurvey.matrices(of: start)
    guard !matrices.isEmpty else {
      throw Failure(
        BudgetReason.noMatrices, at: Place(file: model.checkpoint.container.files.first))
    }
    let elements = matrices.reduce(0) { $0 + $1.shape.elementCount }
    let menu = Self.menu(request, statistics, elements: elements)
    var words = [Int](repeating: 0, count: start.architecture.vocabulary)
    for sequence in calibration.heldOut {
      for id in sequence.ids where words.indices.contains(Int(id)) { words[Int(id)] += 1 }
    }
    log = TrialLog(
      request.statisticsPath + ".trials",
      run: try Self.fingerprint(of: model, request, calibration.heldOut))
    survey = CandidateSurvey(
      checkpoint: start, menu: menu, context: context, words: words, log: log)
    heldOut = try HeldOutLoss(
      of: model.checkpoint, on: calibration.heldOut, threads: request.threads)
    clock = request.speedup == nil ? nil : try ReadingClock(of: model.checkpoint, by: heldOut)
  }

  /// How much heads and neurons matter is known of models with a head.
  private static func shrinks(_ model: Model, _ request: BudgetRequest) -> Bool {
    guard request.speedup != nil, request.methods.contains(.shrink) else { return false }
    switch model.checkpoint.architecture.head {
    case .sequenceClassification, .tokenClassification, .questionAnswering: return true
    default: return false
    }
  }

  /// - Parameter elements: of all matrices.
  private static func menu(
    _ request: BudgetRequest, _ statistics: Statistics, elements: Int
  ) -> any TreatmentMenu {
    guard request.speedup == nil else {
      return SpeedMenu(
        statistics: statistics, path: request.statisticsPath, methods: request.methods)
    }
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
    BudgetCandidates(ofMatrices: try survey.run(progress: progress))
  }

  /// Measures some candidates, and estimates by them what the others cost.
  ///
  /// - Parameter progress: told of the candidates that were measured.
  package func estimate(
    _ candidates: BudgetCandidates, progress: Progress? = nil
  ) throws -> BudgetCandidates {
    try BudgetCandidates(
      ofMatrices: LossSurvey(survey: survey, heldOut: heldOut)
        .estimate(candidates.ofMatrices, progress: progress))
  }

  /// Measures more candidates, from all matrices and families, to see how far the estimates can be trusted.
  package func check(
    _ candidates: BudgetCandidates, count: Int, progress: Progress? = nil
  ) throws -> BudgetCandidates {
    var candidates = candidates
    let chosen = candidates.spread(count)
    progress?.expect(chosen.count)
    let losses = LossSurvey(survey: survey, heldOut: heldOut)
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
  ///   - bends: whether estimates are bent where measurements show them to be wrong, which takes several files more.
  ///   - smaller: what was found for a smaller target, than which this is not worse.
  ///   - progress: told of trials.
  /// - Throws: ``Failure`` if the target cannot be reached.
  package func plan(
    _ candidates: BudgetCandidates, target: Int, bends: Bool = true, smaller: BudgetPlan? = nil,
    progress: Progress? = nil
  ) throws -> BudgetPlan {
    var search = SizeSearch(
      solver: self, candidates: candidates, target: target, progress: progress)
    return try search.run(bends: bends, smaller: smaller)
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

  /// About the least that they can be brought down to.
  func leastByteCount(_ candidates: BudgetCandidates) -> Int {
    candidates.allocation(by: \.bytes).leastCost + restByteCount
  }

  /// What is not shared out: tensors as they are, and the header, guessed.
  var restByteCount: Int {
    let roles = Set(matrices.map(\.role))
    let tensors = survey.checkpoint.parameters.filter { !roles.contains($0.role) }
    return tensors.reduce(8192) { $0 + $1.storage.byteCount + 200 } + matrices.count * 500
  }

  var layers: Int { model.checkpoint.architecture.encoder?.layers.count ?? 1 }

  /// Writes what a choice gives, reads it again and measures it.
  func attempt(_ choice: [Candidate], scale: Double) throws -> BudgetTrial {
    var trial = try attempt(recipe(choice.map { ($0.role, $0.treatment.scaled(by: scale)) }))
    (trial.choice, trial.scale) = (choice, scale)
    return trial
  }

  /// Writes what is left when heads and neurons have gone, those that cost least together, until a share of the work is left.
  func attempt(keepingWork share: Double) throws -> BudgetTrial {
    let options = [
      ("flops", "\(Treatment.rounded(share))"), ("statistics", request.statisticsPath),
    ]
    return try attempt(
      Recipe(steps: base + [RecipeStep("shrink", options.map { ($0.0, [$0.1]) })]))
  }

  private func attempt(_ recipe: Recipe) throws -> BudgetTrial {
    let numbers = try log.numbers(of: "file \(request.isOfFolder) \(clock != nil) \(recipe.text)") {
      let (bytes, result, speedup) = try measure(recipe)
      return [Double(bytes)] + result.numbers + (speedup.map { [$0] } ?? [])
    }
    return BudgetTrial(
      recipe: recipe, bytes: numbers.first.flatMap { Int(exactly: $0) } ?? .max,
      result: .init(numbers: numbers.dropFirst().prefix(3)),
      speedup: clock == nil ? nil : numbers.last)
  }

  /// What the file of a recipe takes, how far the model in it is from what it was, and how many times as fast.
  private func measure(
    _ recipe: Recipe
  ) throws -> (bytes: Int, result: HeldOutLoss.Result, speedup: Double?) {
    try writing(recipe) { folder in
      let written = try Model.open(folder, besides: model.folder)
      let weights = written.checkpoint.container.files.map { splitPath($0).name }
      let files = request.isOfFolder ? folderEntries(folder) : weights
      return (
        files.reduce(0) { $0 + (fileSize(joinPath(folder, $1)) ?? 0) },
        try heldOut.measure(written.checkpoint),
        try clock?.speedup(of: written.checkpoint, pairs: ReadingClock.manyPairs)
      )
    }
  }

  /// Writes what a recipe gives into a folder that is gone when the body has returned.
  func writing<Result>(_ recipe: Recipe, _ body: (String) throws -> Result) throws -> Result {
    let scratch = try ScratchFolder()
    let folder = joinPath(scratch.path, "trial")
    var writing = CompressionRequest(
      recipe, output: .folder(folder), format: PareFormat().name,
      carriesSidecars: request.isOfFolder, threads: request.threads)
    let statistics = statistics
    writing.openStatistics = { _ in statistics }
    _ = try Compression(of: model, request: writing).run()
    return try withExtendedLifetime(scratch) { try body(folder) }
  }

  /// Matrices that are treated alike share a step.
  private func recipe(_ treated: [(role: Role, treatment: Treatment)]) throws -> Recipe {
    var order: [Treatment] = []
    var groups: [Treatment: [Role]] = [:]
    for (role, treatment) in treated where !treatment.passes.isEmpty {
      if groups[treatment] == nil { order.append(treatment) }
      groups[treatment, default: []].append(role)
    }
    return Recipe(steps: try base + order.flatMap { try $0.recipeSteps(for: groups[$0]!) })
  }
}
