import ArgumentParser
import Recipes
import Reports
import Tensors

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Tells whether two checkpoints are the same, and where they differ.",
    discussion: """
      Tensors are told by what they are, so that a model and its conversion into another container, under other \
      names and with other transposes, are the same; where the names of one are not known, both go by name. Values are compared \
      as they would be read, whatever their types and storage: the greatest difference, the relative Frobenius norm of the \
      differences, the cosine, and how many are beyond the tolerance. Settings that only say where a model \
      came from do not count, nor does a configuration or vocabulary that only one of them has. Ends with 0 if they are the same, \
      with 1 if not.
      """)

  @Argument(help: ArgumentHelp("A file, an index of shards, or a model's folder.", valueName: "a"))
  var first: String

  @Argument(help: ArgumentHelp("Another.", valueName: "b"))
  var second: String

  @Option(help: ArgumentHelp("Differences up to this are none.", valueName: "difference"))
  var tolerance = 0.0

  @Option(
    help: ArgumentHelp(
      "What is not to count: types, extra, missing, configuration or vocabulary; may be repeated.",
      valueName: "what"))
  var ignore: [ModelDifference.Ignorable] = []

  @Flag(help: "List every tensor that differs, not only the worst.")
  var full = false

  @Flag(help: "Print JSON (pare.diff/1).")
  var json = false

  @OptionGroup var selection: SelectionOptions
  @OptionGroup var input: InputOptions
  @OptionGroup var running: RunOptions

  func validate() throws {
    guard tolerance >= 0, tolerance.isFinite else {
      throw ValidationError("--tolerance takes a number that is not negative")
    }
  }

  func run() throws {
    let models = try [first, second].map(input.model)
    let difference = try ProgressBar.during("comparing", quiet: running.quiet) { progress in
      try ModelDifference(
        of: models[0], and: models[1], tolerance: tolerance, selection: selection.selection(),
        ignoring: Set(ignore), threads: running.threadCount, progress: progress)
    }
    Console.writeLine(json ? difference.json.text() : difference.text(full: full))
    if !difference.isEmpty { throw ExitCode(Outcome.checkFailed.rawValue) }
  }
}

extension ModelDifference.Ignorable: ExpressibleByArgument {}
