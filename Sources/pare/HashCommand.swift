import ArgumentParser
import Documents
import Recipes
import Reports
import Tensors

struct HashCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hash",
    abstract: "Prints a digest of what a checkpoint holds, equal whatever container it lies in.",
    discussion: """
      The digest is of the tensors alone: what each is, its element type, its shape in PyTorch's orientation and its values. Names, their \
      order, transposes, second copies and buffers do not matter where the naming is known; where it is not, names count. --tensors \
      prints the lines of which it is the SHA-256.
      """)

  @Argument(help: ArgumentHelp("Files or folders.", valueName: "model"))
  var models: [String]

  @Flag(
    help: "Print a line for each tensor before: what it is, type, shape, SHA-256 of its values.")
  var tensors = false

  @Flag(help: "Print JSON (pare.hash/1): one object a line for each model.")
  var json = false

  @OptionGroup var input: InputOptions
  @OptionGroup var running: RunOptions

  func run() throws {
    try input.forEachModel(models) { model, _ in
      let digest = try ProgressBar.during("reading", quiet: running.quiet) { progress in
        try ModelDigest(of: model.checkpoint, threads: running.threadCount, progress: progress)
      }
      if json {
        Console.writeLine(digest.json(path: model.path, tensors: tensors).text())
      } else {
        if tensors { for line in digest.lines { Console.writeLine(line) } }
        Console.writeLine("\(digest.text)  \(printable(model.path))")
      }
      return true
    }
  }
}
