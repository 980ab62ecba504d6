import ArgumentParser
import Recipes
import Tensors

struct CompressCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compress",
    abstract: "Applies a chain of passes: a recipe, or passes given one by one.",
    discussion: """
      A recipe is YAML: 'schema: pare.recipe/1' and 'steps:', a list with one key a step, the pass, and its \
      options, as '- prune: {sparsity: 0.8, only: [encoder.*]}'; keys are the options of the pass's own \
      command without dashes. The recipe that was run is stored in the output, so that a result can be \
      made again bit for bit. Published systems are recipes by name, whose steps depend on the model; \
      --set changes an option of theirs, and formats/recipe.md lists these.
      """)

  @Argument(
    help: ArgumentHelp("A file, an index of shards, or a model's folder.", valueName: "model"))
  var input: String

  @Option(
    help: ArgumentHelp(
      "A file with a recipe, or a published one: \(Recipe.publishedNames.joined(separator: ", ")).",
      valueName: "recipe"))
  var recipe: String?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "An option of a published recipe, as 'ratio=5'; may be repeated.", valueName: "key=value"))
  var settings: [String] = []

  @Option(
    name: .customLong("pass"),
    help: ArgumentHelp(
      "A pass with its options, as 'prune sparsity=0.8 only=encoder'; repeated for a chain.",
      valueName: "pass"))
  var passes: [String] = []

  @OptionGroup var budget: BudgetOptions
  @OptionGroup var compressing: CompressionOptions
  @OptionGroup var reading: InputOptions
  @OptionGroup var running: RunOptions

  func validate() throws {
    let ways = [recipe != nil, !passes.isEmpty, budget.isAsked]
    guard ways.count(where: \.self) == 1 else {
      throw ValidationError(
        "compress takes one of --recipe, --pass, --target-size, --target-speedup and --max-drop")
    }
    if budget.isAsked, compressing.dryRun || compressing.format ?? "pare" != "pare" {
      throw ValidationError("a target is met by writing 'pare' files: no --dry-run, no other --to")
    }
    if budget.isAsked, budget.trims, !writesVocabulary {
      throw ValidationError(
        "trim takes words out of the vocabulary: the output must be a folder that holds it")
    }
    if budget.maxDrop != nil, compressing.reporting.task == nil {
      throw ValidationError("--max-drop needs --task: what the model must still be good at")
    }
    if !settings.isEmpty, !isPublished {
      throw ValidationError(
        "--set goes with a published recipe: \(Recipe.publishedNames.joined(separator: ", "))")
    }
  }

  private var writesVocabulary: Bool {
    !compressing.noSidecars
      && (budget.targets.count > 1 || Destination(argument: compressing.output).isForFolder)
  }

  /// Whether the recipe is one by name.
  private var isPublished: Bool { recipe.map(Recipe.publishedNames.contains) ?? false }

  func run() throws {
    if budget.isAsked {
      return try BudgetRun(
        input: input, options: budget, compressing: compressing, reading: reading, running: running
      ).run()
    }
    guard let recipe, isPublished else {
      let chain =
        try recipe.map(Recipe.init(contentsOf:))
        ?? Recipe(steps: passes.map { try RecipeStep(argument: $0) })
      return try compressing.run(chain, on: input, reading, running)
    }
    try compressing.run(on: input, reading, running) { model, task in
      try Recipe(
        published: recipe, settings: settings, for: model, task: task,
        threads: running.threadCount)
    }
  }
}
