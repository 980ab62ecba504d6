import ArgumentParser
import Glibc
import Recipes
import Tensors

struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Turns sentences into vectors: a line of standard input each.",
    discussion: """
      The vectors are those of sentence-transformers: modules.json and 1_Pooling in the MODEL's folder \
      say how; without them the mean over tokens is taken. An empty line is a sentence without words.
      """)

  @Argument(help: ArgumentHelp("A model's folder, or its file of weights.", valueName: "model"))
  var model: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Where the vectors go: a name that ends in .npy or .tsv; '-' is standard output.",
      valueName: "out"))
  var output = "-"

  @Option(
    name: .customLong("to"),
    help: ArgumentHelp(
      "npy or tsv, where the output's name is not to decide.", valueName: "format"))
  var format: VectorFormat?

  @OptionGroup var computing: ComputeOptions

  @Flag(name: .shortAndLong, help: "Replace an output that exists.")
  var force = false

  @OptionGroup var reading: InputOptions
  @OptionGroup var running: RunOptions

  func validate() throws {
    guard format != nil || output == "-" || endings.contains(where: output.hasSuffix) else {
      throw ValidationError(
        "the output's name ends neither in .npy nor in .tsv; --to says which it is to be")
    }
  }

  private var endings: [String] { VectorFormat.allCases.map { ".\($0.rawValue)" } }

  func run() throws {
    let destination: Destination = output == "-" ? .standardOutput : .file(output)
    let form = format ?? (output.hasSuffix(".npy") ? .npy : .tsv)
    try destination.check(replacing: force, names: [])
    var embedding = try SentenceEmbedding(
      computing.request(model, reading, threads: running.threadCount),
      batchSize: computing.batchSize, maximumLength: computing.maxLength)
    try embedding.check(destination, replacing: force)
    let input = try StandardInput.lines()
    let file = try VectorFile(
      form, to: destination, rows: input.lines.count, width: embedding.width, replacing: force)
    try ProgressBar.during("embedding", quiet: running.quiet, unit: "sentences") {
      try embedding.write(input.lines, to: file, progress: $0)
    }
    guard !running.quiet else { return }
    for note in embedding.notes { Console.note("pare: note: \(note)") }
    if input.replaced > 0 {
      let lines = input.replaced == 1 ? "1 line" : "\(input.replaced) lines"
      Console.note("pare: note: \(lines) with invalid UTF-8, replaced by U+FFFD")
    }
  }
}
