import ArgumentParser
import Checkpoints
import Recipes
import Reports
import Tensors

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Converts a checkpoint between containers and naming schemes.",
    discussion: """
      OUT with a known ending is a file; anything else, an existing folder or a name that ends with a \
      slash is a model's folder, into which configuration and vocabulary are carried too; '-' is \
      standard input or output. Shards become one file unless others are asked for. Names stay as they are when source and target are of one kind; otherwise the \
      target's usual dialect is used. The output appears whole or not at all, and replaces nothing \
      without --force.
      """)

  @Argument(
    help: ArgumentHelp("A file, an index of shards, or a model's folder.", valueName: "model"))
  var input: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Where the result goes.", valueName: "out"))
  var output: String

  @Option(
    name: .customLong("to"),
    help: ArgumentHelp(
      "Format of the output, where its name is not to decide.", valueName: "format"))
  var format: String?

  @Option(help: "Naming scheme of the output; 'pare formats' lists them.")
  var dialect: String?

  @Option(
    help: ArgumentHelp(
      "Convert floating-point tensors to F32, F16 or BF16, to nearest even.", valueName: "type"))
  var dtype: FloatType?

  @Option(
    help: ArgumentHelp(
      "Round matrices to blocks of GGUF, Q8_0, Q5_1, Q5_0, Q4_1 or Q4_0, or for CTranslate2 to int8.",
      valueName: "type"))
  var quantization: QuantizationArgument?

  @Option(
    help: ArgumentHelp(
      "Split the weights into files of at most this size, as 5GB.", valueName: "size"))
  var shardSize: ByteCount?

  @Option(
    help: ArgumentHelp(
      "Split the weights into at most so many files of about one size.", valueName: "files"))
  var split: Int?

  @Option(
    help: ArgumentHelp(
      "Give tensors of the input other names: 'model.*=*', or '/^model\\./=' with a regular expression; may be repeated.",
      valueName: "pattern=name"))
  var rename: [String] = []

  @Option(
    help: ArgumentHelp(
      "Take parts of tensors, a range for each axis: 'embeddings.position=0:128', 'name:x=:,0:64'; may be repeated.",
      valueName: "pattern=ranges"))
  var slice: [String] = []

  @Option(
    help: ArgumentHelp(
      "Compress the datasets of plain HDF5: gzip:1 to gzip:9.", valueName: "method"))
  var compression: CompressionMethod?

  @Flag(help: "Show what would be done, and do nothing.")
  var dryRun = false

  @Flag(name: .shortAndLong, help: "Replace an output that exists.")
  var force = false

  @Flag(help: "Convert a model that is incomplete or has tensors without a name in the target.")
  var allowUnmapped = false

  @Flag(help: "Leave configuration and vocabulary out of an output folder.")
  var noSidecars = false

  @OptionGroup var selection: SelectionOptions
  @OptionGroup var reading: InputOptions
  @OptionGroup var running: RunOptions

  func validate() throws {
    if let split, !(1...10_000).contains(split) {
      throw ValidationError("--split takes a number of files, from 1 to 10,000")
    }
    if split != nil, shardSize != nil {
      throw ValidationError("--split and --shard-size are not used together")
    }
    if quantization != nil, dtype != nil {
      throw ValidationError("--quantization and --dtype are not used together")
    }
  }

  func run() throws {
    let model = try reading.model(input).edited(
      renaming: rename.map(NameEdit.init), slicing: slice.map(Slice.init))
    let diagnostics = try ProgressBar.during("converting", quiet: running.quiet) { progress in
      try convert(model, progress)
    }
    guard !running.quiet else { return }
    for diagnostic in diagnostics { Console.note(diagnostic.line) }
  }

  /// The dump is of the whole model as it is.
  private func checkNativeOptions() throws {
    let isChanged =
      dialect != nil || dtype != nil || quantization != nil || shardSize != nil
      || compression != nil || split != nil
    guard !isChanged, !dryRun, try selection.selection().isEverything else {
      throw ValidationError(
        "native output takes none of --dialect, --dtype, --quantization, --only, --except, --shard-size, --compression, --dry-run"
      )
    }
  }

  private func convert(_ model: Model, _ progress: Progress?) throws -> [Diagnostic] {
    let destination = Destination(argument: output)
    if format == NativeOutput.formatName || NativeOutput.isNamed(destination) && format == nil {
      try checkNativeOptions()
      return try NativeOutput.write(model, to: destination, replacing: force)
    }
    var request = try ConversionRequest(
      output: destination, format: format, dialect: dialect, elementType: dtype?.elementType,
      selection: selection.selection(), allowsUnmapped: allowUnmapped,
      carriesSidecars: !noSidecars, replaces: force,
      writing: WriteOptions(
        shardSize: shardSize?.bytes, compressionLevel: compression?.level,
        quantization: quantization?.quantization, threads: running.threadCount, progress: progress))
    request.shards = split
    let conversion = try Conversion(of: model, request: request)
    guard !dryRun else {
      try conversion.checkOutput()
      Console.writeLine(conversion.planText)
      return conversion.diagnostics
    }
    let diagnostics = conversion.diagnostics + (try conversion.run())
    if !running.quiet, destination != .standardOutput { Console.note(conversion.summary) }
    return diagnostics
  }
}

/// What values can be rounded to: blocks of GGUF by ggml's names, rows of CTranslate2 by its name.
enum QuantizationArgument: String, ExpressibleByArgument, CaseIterable {
  case q80 = "Q8_0"
  case q51 = "Q5_1"
  case q50 = "Q5_0"
  case q41 = "Q4_1"
  case q40 = "Q4_0"
  case int8

  init?(argument: String) {
    let known = Self.allCases.first { $0.rawValue.lowercased() == argument.lowercased() }
    guard let known else { return nil }
    self = known
  }

  var quantization: Quantization {
    switch self {
    case .q80: .blocks(.q80)
    case .q51: .blocks(.q51)
    case .q50: .blocks(.q50)
    case .q41: .blocks(.q41)
    case .q40: .blocks(.q40)
    case .int8: .int8Rows
    }
  }
}

/// A method of compression and its level.
struct CompressionMethod: ExpressibleByArgument {
  let level: Int

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.first == "gzip", parts.count <= 2 else { return nil }
    guard let level = parts.count == 2 ? Int(parts[1]) : 6, (1...9).contains(level) else {
      return nil
    }
    self.level = level
  }
}
