import ArgumentParser
import Recipes
import Tensors

/// What a model is to be brought down to.
struct BudgetOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Find out how to bring the weights' file down to this, as 8MB, 750kB or 2.5MiB; several, with commas between, give a family.",
      valueName: "size"))
  var targetSize: String?

  @Option(
    help: ArgumentHelp(
      "Find out how to make the model so many times as fast on this machine, with numbers in full precision, losing as little as can be.",
      valueName: "times"))
  var targetSpeedup: Double?

  @Option(
    help: ArgumentHelp(
      "Find the smallest file that loses no more than so many hundredths of the metric of --task, by trying files on its examples.",
      valueName: "points"))
  var maxDrop: Double?

  @Option(
    help: ArgumentHelp(
      "For a target: text to read, a line each; or a task: a file of examples, or a folder, of which the train split is read, without labels.",
      valueName: "text"))
  var calibration: String?

  @Option(
    help: ArgumentHelp(
      "For a target: more text, or a task, of which words are counted; may be repeated.",
      valueName: "text"))
  var frequencies: [String] = []

  @Option(
    help: ArgumentHelp(
      "For a target: by what it may be met, with commas between: \(Self.list(BudgetMethod.forSizes)) for sizes, \(Self.list(BudgetMethod.forSpeeds)) for speeds (default: all but trim, which leaves out words that neither --calibration nor --frequencies has).",
      valueName: "methods"))
  var methods: String?

  @Flag(help: "For a target: it is for all files of the output, configuration and vocabulary too.")
  var wholeFolder = false

  @Option(
    help: ArgumentHelp(
      "For a target: where statistics are kept, and taken from if they are there (default: OUT.statistics.safetensors).",
      valueName: "file"))
  var statistics: String?

  @Option(
    help: ArgumentHelp(
      "For a target: write the recipe that was found; with several targets -SIZE is added to its name.",
      valueName: "file"))
  var plan: String?

  @Option(
    help: ArgumentHelp("For a target: read so many texts, chosen at random.", valueName: "count"))
  var examples = 512

  @Option(help: ArgumentHelp("For a target: of the texts that are chosen.", valueName: "number"))
  var seed: UInt64 = 42

  var isAsked: Bool { !goals.isEmpty }

  /// What is asked for, by the options' names.
  private var goals: [String] {
    [
      ("--target-size", targetSize != nil), ("--target-speedup", targetSpeedup != nil),
      ("--max-drop", maxDrop != nil),
    ].filter(\.1).map(\.0)
  }

  func validate() throws {
    if isAsked {
      guard calibration != nil else {
        throw ValidationError(
          "\(goals[0]) needs --calibration: text that the model is to read")
      }
      guard goals.count == 1 else {
        throw ValidationError("\(goals[0]) and \(goals[1]) exclude each other")
      }
      guard targetSpeedup.map({ (1...1000).contains($0) }) ?? true else {
        throw ValidationError("--target-speedup takes a number from 1 to 1000")
      }
      guard maxDrop.map({ (0...100).contains($0) }) ?? true else {
        throw ValidationError("--max-drop takes points from 0 to 100")
      }
      try checkMethods()
      guard examples >= 8 else { throw ValidationError("--examples takes a number from 8") }
    } else {
      let given: [(String, Bool)] = [
        ("--calibration", calibration != nil), ("--frequencies", !frequencies.isEmpty),
        ("--methods", methods != nil), ("--whole-folder", wholeFolder),
        ("--statistics", statistics != nil), ("--plan", plan != nil),
      ]
      if let (name, _) = given.first(where: \.1) {
        throw ValidationError("\(name) goes with --target-size, --target-speedup or --max-drop")
      }
    }
    _ = try chosenMethods
  }

  /// The targets as they are written.
  var targets: [String] {
    targetSize?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
  }

  /// Whether words may go.
  var trims: Bool { targetSpeedup == nil && (try? chosenMethods.contains(.trim)) == true }

  private static func list(_ methods: [BudgetMethod]) -> String {
    methods.map(\.rawValue).joined(separator: ", ")
  }

  /// Fails where methods are named of which none meets what is asked for, or words are to go that nothing was said of.
  private func checkMethods() throws {
    let (chosen, useful) = (
      try chosenMethods,
      targetSpeedup == nil ? BudgetMethod.forSizes : BudgetMethod.forSpeeds
    )
    guard !chosen.isDisjoint(with: useful) else {
      throw ValidationError(
        "--methods has none of \(Self.list(useful)), by which \(goals[0]) is met")
    }
    if trims, frequencies.isEmpty {
      throw ValidationError(
        "trim needs --frequencies: text, or a task, of which all words stay")
    }
  }

  private var chosenMethods: Set<BudgetMethod> {
    get throws {
      guard let methods else { return BudgetMethod.usual }
      return try Set(
        methods.split(separator: ",").map { name in
          guard let method = BudgetMethod(rawValue: String(name)) else {
            throw ValidationError("--methods has no '\(printable(String(name)))'")
          }
          return method
        })
    }
  }

  func request(targets: [Int], output: String, threads: Int) throws -> BudgetRequest {
    var request = BudgetRequest(
      targets: targets, source: .init(calibration ?? ""),
      statisticsPath: statistics ?? Compression.statisticsPath(besides: output))
    request.speedup = targetSpeedup
    request.isOfFolder = wholeFolder
    request.frequencies = frequencies
    request.methods = try chosenMethods
    request.examples = examples
    request.seed = seed
    request.threads = threads
    return request
  }
}
