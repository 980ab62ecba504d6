import ArgumentParser
import Checkpoints
import Recipes
import Tensors

/// How a model is read.
struct InputOptions: ParsableArguments {
  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "Format of the input, where its content is not to decide.", valueName: "format"))
  var format: String?

  @Option(
    name: .customLong("io"),
    help: ArgumentHelp(
      "How input files are reached: read, on any file system, or mmap.", valueName: "access"))
  var access: FileAccess = .read

  var readOptions: ReadOptions { ReadOptions(access: access) }

  func model(_ path: String) throws -> Model {
    try Model.open(path, format: format, options: readOptions)
  }

  /// Opens models one after the other; what goes wrong with one is said, and the others have their turn.
  ///
  /// - Parameter body: tells whether the model passes what was asked of it.
  /// - Throws: the exit code of the first that could not be read, else of those that do not pass.
  func forEachModel(
    _ paths: [String], _ body: (Model, _ isFirst: Bool) throws -> Bool
  ) throws {
    var (failed, unreadable): (Bool, Outcome?) = (false, nil)
    for (index, path) in paths.enumerated() {
      do {
        if try !body(model(path), index == 0) { failed = true }
      } catch let failure as Failure {
        Console.flush()
        Console.report(failure.within(Place(file: path)))
        unreadable = unreadable ?? failure.reason.outcome
      }
    }
    if let outcome = unreadable ?? (failed ? .checkFailed : nil) {
      throw ExitCode(outcome.rawValue)
    }
  }
}

/// Which tensors a command works on.
struct SelectionOptions: ParsableArguments {
  @Option(
    name: .customLong("only"),
    help: ArgumentHelp(
      "Take only tensors that match; may be repeated.",
      discussion: """
        A pattern is a glob over the role path, as encoder.*.attention.query, and takes in all below it; \
        after 'name:' it is held against the file's names; between slashes it is a regular expression.
        """, valueName: "pattern"))
  var only: [String] = []

  @Option(
    name: .customLong("except"),
    help: ArgumentHelp("Leave out tensors that match; wins over --only.", valueName: "pattern"))
  var except: [String] = []

  func selection() throws -> Selection { try Selection(only: only, except: except) }
}

/// How much a command says and how much of the machine it takes.
struct RunOptions: ParsableArguments {
  @Option(help: "Threads to work with (default: one for each processor).")
  var threads: Int?

  @Flag(name: .shortAndLong, help: "No notes and no progress; errors are still said.")
  var quiet = false

  var threadCount: Int { threads ?? Workers.processors }

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads takes a number from 1 to 1024")
    }
  }
}

extension FileAccess: ExpressibleByArgument {}

/// A number of bytes with a unit, such as `5GB` or `500MiB`.
struct ByteCount: ExpressibleByArgument {
  let bytes: Int

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = argument.dropFirst(digits.count).uppercased()
    let factors: [String: Double] = [
      "": 1, "B": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "KB": 1e3, "MB": 1e6, "GB": 1e9,
      "TB": 1e12,
      "KIB": 1024, "MIB": 1_048_576, "GIB": 1_073_741_824, "TIB": 1_099_511_627_776,
    ]
    guard let value = Double(digits), let factor = factors[unit], value * factor >= 1,
      value * factor < 1e18
    else { return nil }
    bytes = Int(value * factor)
  }
}

/// The floating-point types that weights are converted to.
enum FloatType: String, ExpressibleByArgument, CaseIterable {
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"

  init?(argument: String) { self.init(rawValue: argument.uppercased()) }

  var elementType: ElementType {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    }
  }
}
