import Recipes
import Reports
import Tensors

/// Brings a model down to a size, or to several, or makes it fast.
struct BudgetRun {
  let input: String
  let options: BudgetOptions
  let compressing: CompressionOptions
  let reading: InputOptions
  let running: RunOptions

  func run() throws {
    try checkOutputs()
    let model = try Model.open(input, format: reading.format, options: reading.readOptions)
    let sizes = try options.targets.map { try ByteSize($0).bytes }
    let isSearch = options.maxDrop != nil
    let targets = isSearch ? Self.usualTargets(model.checkpoint.container.byteCount) : sizes
    var source = ModelRequest(input)
    source.format = reading.format
    source.reading = reading.readOptions
    source.threads = running.threadCount
    let search = try search(source)
    let request = try options.request(
      targets: targets, output: compressing.output, threads: running.threadCount)
    let solver = try ProgressBar.during("calibrating", quiet: running.quiet, unit: "texts") {
      try BudgetSolver(of: model, as: source, request, progress: $0)
    }
    // Only of a run that was killed is it left.
    defer { solver.log.remove() }
    say(solver.notes.map(\.line))
    let candidates = try candidates(solver)
    say([
      "tried \(grouped(candidates.count)) ways to hold \(grouped(candidates.matrixCount)) matrices"
        + (candidates.rankCorrelation.map {
          "; estimates against \(candidates.checks.count) measurements: rank correlation \(fixed($0, 3))"
        } ?? "")
    ])
    if let speedup = options.targetSpeedup {
      let plan = try ProgressBar.during("timing", quiet: running.quiet, unit: "ways") {
        try solver.plan(candidates, speedup: speedup, progress: $0)
      }
      say([plan.summary])
      return try write(plan, plan.report(candidates), name: nil)
    }
    let trimmed = try ProgressBar.during("trimming", quiet: running.quiet, unit: "numbers") {
      try solver.withoutUnreadWords(candidates, progress: $0)
    }
    if options.trims, trimmed == nil {
      say(["all words stay: hardly any would go, or the model says something of each of them"])
    }
    let alternatives = [candidates] + [trimmed].compactMap(\.self)
    if let search { return try find(search, solver, alternatives) }
    var smaller: BudgetPlan?
    for (name, target) in zip(options.targets, targets).sorted(by: { $0.1 < $1.1 }) {
      let plan = try ProgressBar.during("fitting", quiet: running.quiet, unit: "trials") {
        try solver.plan(alternatives, target: target, smaller: smaller, progress: $0)
      }
      smaller = plan
      say(["\(name): \(plan.summary)"])
      try write(plan, plan.report(candidates), name: targets.count > 1 ? name : nil)
    }
  }

  /// What there is to choose from, with what it is thought to cost, and as many measurements as say whether that can be trusted.
  private func candidates(_ solver: BudgetSolver) throws -> BudgetCandidates {
    let tried = try ProgressBar.during("trying", quiet: running.quiet, unit: "numbers") {
      try solver.candidates(progress: $0)
    }
    let estimated = try ProgressBar.during(
      "measuring", quiet: running.quiet, unit: "candidates"
    ) { try solver.estimate(tried, progress: $0) }
    return try ProgressBar.during("checking", quiet: running.quiet, unit: "candidates") {
      try solver.check(estimated, count: Self.checks, progress: $0)
    }
  }

  /// Fails where something is to be written and cannot be, before any work is done.
  private func checkOutputs() throws {
    let replaces = compressing.force
    let isFamily = options.targets.count > 1
    for name in isFamily ? options.targets.map(Optional.some) : [nil] {
      for path in reportPaths(name) { _ = try ReportFile(path, replacing: replaces) }
      for path in reportPaths(name) + [planPath(name)].compactMap(\.self) {
        try Destination.file(path).check(replacing: replaces, names: [])
      }
    }
    let names = BudgetSolver.fileNames
    let all =
      isFamily
      ? options.targets.flatMap { target in names.map { joinPath(target, $0) } } : names
    try Destination(argument: compressing.output).check(replacing: replaces, names: all)
  }

  private func reportPaths(_ name: String?) -> [String] {
    compressing.reporting.reports.map { path in name.map { suffixed(path, $0) } ?? path }
  }

  private func planPath(_ name: String?) -> String? {
    options.plan.map { path in name.map { suffixed(path, $0) } ?? path }
  }

  /// Nil unless it is asked for how much may be lost.
  private func search(_ model: ModelRequest) throws -> DropSearch? {
    guard let drop = options.maxDrop,
      let task = compressing.reporting.taskRequest(threads: running.threadCount)
    else { return nil }
    return try DropSearch(model, task: task, drop: drop)
  }

  /// The smallest file that loses no more of a metric than that.
  private func find(
    _ search: DropSearch, _ solver: BudgetSolver, _ alternatives: [BudgetCandidates]
  ) throws {
    let found = try ProgressBar.during("searching", quiet: running.quiet, unit: "files") {
      try search.run(solver, alternatives, progress: $0)
    }
    say([
      found.plan.summary,
      "\(found.metric.rawValue) \(fixed(found.after, 4)), \(fixed(found.before, 4)) before, on \(printable(found.examples)): the size was chosen by these examples, so that others may lose more",
    ])
    try write(found.plan, found.plan.report(alternatives[0]), name: nil)
  }

  /// Where files that are searched for probably are.
  private static func usualTargets(_ byteCount: Int) -> [Int] { [byteCount / 30, byteCount / 5] }

  /// How many candidates are measured besides those that estimates are made of.
  private static let checks = 64

  private func write(_ plan: BudgetPlan, _ report: BudgetReport, name: String?) throws {
    if let path = planPath(name) {
      try OutputTransaction.write(Array(plan.recipe.text.utf8), to: path)
    }
    var compressing = compressing
    if let name {
      try makeFolder(compressing.output)
      compressing.output = joinPath(compressing.output, name) + "/"
    }
    compressing.format = compressing.format ?? "pare"
    compressing.reporting.reports = reportPaths(name)
    try compressing.run(plan.recipe, on: input, reading, running, plan: report)
  }

  private func suffixed(_ path: String, _ suffix: String) -> String {
    let (parent, name) = splitPath(path)
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let stem = parts.count > 1 ? parts.dropLast().joined(separator: ".") : name
    let ending = parts.count > 1 ? ".\(parts.last!)" : ""
    return joinPath(parent, "\(stem)-\(suffix)\(ending)")
  }

  private func say(_ lines: [String]) {
    guard !running.quiet else { return }
    for line in lines { Console.note(line) }
  }
}
