import ArgumentParser
import Tensors

@main
struct Pare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pare",
    abstract: "Weighs, converts and pares down model checkpoints of the BERT family.",
    version: version,
    subcommands: [
      InspectCommand.self, ConvertCommand.self, DiffCommand.self, CheckCommand.self,
      HashCommand.self, CalibrateCommand.self, CompressCommand.self, TrainCommand.self,
      DistillCommand.self, AugmentCommand.self,
      ReportCommand.self,
      CompareCommand.self, EvaluateCommand.self, EmbedCommand.self, FormatsCommand.self,
    ],
    groupedSubcommands: [CommandGroup(name: "Compression", subcommands: PassCommands.all)])

  static let version = "0.1.0"

  /// Parses, runs, and ends with the documented exit code.
  static func main() {
    PartialOutputs.removeWhenInterrupted()
    Console.reportFailedWrites()
    do {
      var command = try parseAsRoot()
      try command.run()
      Console.flush()
    } catch {
      exit(reporting: error)
    }
  }

  private static func exit(reporting error: any Error) -> Never {
    Console.flush()
    if let failure = error as? Failure {
      Console.report(failure)
      Console.exit(failure.reason.outcome.rawValue)
    }
    let message = fullMessage(for: error)
    if exitCode(for: error) == .success {
      Console.write(message + "\n")
      Console.flush()
      Console.exit(0)
    }
    if let code = error as? ExitCode { Console.exit(code.rawValue) }
    let isPlain = message.hasPrefix("Error: ")
    Console.note(isPlain ? "pare: error: " + message.dropFirst(7) : message)
    Console.exit(Outcome.usage.rawValue)
  }
}
