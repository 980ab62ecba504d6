import ArgumentParser
import Recipes
import Tensors
import Training

struct AugmentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "augment",
    abstract: "Makes more texts to learn from: copies in which words stand in others' places.",
    discussion: """
      As TinyBERT's data are made. Words of the letters a to z that are no stop words are replaced, each with a probability, by one of the \
      likeliest words in its place (--mlm), or by one of its nearest neighbours in MODEL's word embeddings; with --mlm too these stand for words \
      that are several tokens. The original comes first, then those copies that differ. Of a pair one text is changed at a time. Labels and scores stay, \
      and so do the file's form and its other columns. Of a task's folder the train split is read, unless --split names another; dev and test are copied beside it.
      """)

  @Argument(
    help: ArgumentHelp(
      "The model whose embeddings are searched: a folder, or a file of weights.",
      valueName: "model"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "The examples: a file, or a folder with train, dev and test.", valueName: "file-or-folder"))
  var task: String?

  @Option(help: ArgumentHelp("Text without labels instead, a line each.", valueName: "file"))
  var text: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Where the result goes: a file with the ending of its source, or a task's folder; '-' is standard output.",
      valueName: "out"))
  var output: String

  @Option(
    help: ArgumentHelp(
      "A model with a masked-language-model head, which finds the words: a folder, or a file of weights.",
      valueName: "model"))
  var mlm: String?

  @Option(help: ArgumentHelp("How often a text is copied.", valueName: "count"))
  var copies = 20

  @Option(
    help: ArgumentHelp("Words of which one is put in another's place.", valueName: "count"))
  var candidates = 15

  @Option(help: ArgumentHelp("That a word is replaced.", valueName: "share"))
  var probability = 0.4

  @Option(help: ArgumentHelp("Of everything random: a run's results are its.", valueName: "number"))
  var seed: UInt64 = 42

  @Option(
    help: ArgumentHelp("Take so many of the texts, chosen at random.", valueName: "count"))
  var limit: Int?

  @Flag(name: .shortAndLong, help: "Replace an output that exists.")
  var force = false

  @OptionGroup var details: TaskDetailOptions
  @OptionGroup var reading: InputOptions
  @OptionGroup var running: RunOptions

  func validate() throws {
    func check(_ fits: Bool, _ message: String) throws {
      guard fits else { throw ValidationError(message) }
    }
    try check((task == nil) != (text == nil), "either --task or --text is needed")
    try check((1...10_000).contains(copies), "--copies takes a number from 1 to 10000")
    try check((1...1000).contains(candidates), "--candidates takes a number from 1 to 1000")
    try check((0...1).contains(probability), "--probability takes a number from 0 to 1")
    try check(limit.map { $0 > 0 } ?? true, "--limit takes a number from 1")
    try check(
      text == nil || details.isEmpty, "--text takes lines, which a task's options do not describe")
  }

  func run() throws {
    let augmentation = try Augmentation(try request())
    let summary = try ProgressBar.during("augmenting", quiet: running.quiet, unit: "texts") {
      try augmentation.run(progress: $0)
    }
    guard !running.quiet else { return }
    for note in augmentation.notes { Console.note("pare: note: \(note)") }
    Console.note(
      "wrote \(output == "-" ? "standard output" : printable(output)): \(grouped(summary.texts)) texts and \(grouped(summary.copies)) copies"
    )
  }

  private func request() throws -> AugmentationRequest {
    var source = AugmentationRequest.Source.text(text ?? "")
    var destination: Destination = output == "-" ? .standardOutput : .file(output)
    if let task {
      var examples = TaskRequest(task)
      examples.split = details.split
      examples.description = try details.description()
      source = .task(examples)
      destination = Destination(examples: output)
    }
    var request = AugmentationRequest(source, by: opened(model, reading), output: destination)
    request.masked = mlm.map { opened($0, nil) }
    request.settings.copies = copies
    request.settings.candidates = candidates
    request.settings.probability = probability
    request.settings.seed = seed
    request.limit = limit
    request.replaces = force
    request.threads = running.threadCount
    return request
  }

  private func opened(_ path: String, _ reading: InputOptions?) -> ModelRequest {
    var request = ModelRequest(path)
    request.format = reading?.format
    request.reading = reading?.readOptions ?? request.reading
    request.threads = running.threadCount
    return request
  }
}
