import ArgumentParser
import Recipes
import Reports
import Tensors

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Looks for everything that can be wrong with a checkpoint.",
    discussion: """
      Reads all data. Held against one another are the file and its format's law, checksums, the index and its shards, configuration and \
      shapes, ties, and vocabulary and word embedding; in the values are looked for NaN and infinities, tensors that are constant, and \
      rows of zeros. Ends with 1 if there are errors, with --strict also if there are warnings, and with 3 if a file cannot be read at all.
      """)

  @Argument(help: ArgumentHelp("Files or folders to check.", valueName: "model"))
  var models: [String]

  @Flag(help: "Let warnings count as errors.")
  var strict = false

  @Flag(help: "Print JSON (pare.check/1): one object a line for each model.")
  var json = false

  @OptionGroup var input: InputOptions
  @OptionGroup var running: RunOptions

  func run() throws {
    try input.forEachModel(models) { try check($0, isFirst: $1) }
  }

  private func check(_ model: Model, isFirst: Bool) throws -> Bool {
    let check = try ProgressBar.during("checking", quiet: running.quiet) { progress in
      try ModelCheck(of: model, threads: running.threadCount, progress: progress)
    }
    if json {
      Console.writeLine(check.json(strict: strict).text())
    } else {
      if !isFirst { Console.writeLine("") }
      Console.writeLine(check.text(notes: !running.quiet))
    }
    return check.passes(strict: strict)
  }
}
