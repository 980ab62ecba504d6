import ArgumentParser
import Checkpoints
import Passes
import Recipes
import Tensors

/// The subcommand of a pass, its options those that the pass declares.
struct PassCommand<P: Pass>: ParsableCommand {
  static var configuration: CommandConfiguration {
    let declaration = P.declaration
    return CommandConfiguration(
      commandName: declaration.name, abstract: declaration.summary,
      discussion: declaration.discussion)
  }

  @Argument(
    help: ArgumentHelp("A file, an index of shards, or a model's folder.", valueName: "model"))
  var input: String

  @OptionGroup(title: "Options of the pass") var options: DeclaredOptions<P>
  @OptionGroup var compressing: CompressionOptions
  @OptionGroup var reading: InputOptions
  @OptionGroup var running: RunOptions

  func run() throws {
    let step = try RecipeStep(P.declaration.name, options.values)
    try compressing.run(Recipe(steps: [step]), on: input, reading, running)
  }
}

/// The subcommands of all passes, in the order of their list.
enum PassCommands {
  static var all: [any ParsableCommand.Type] { StepList.passes.map { command(for: $0) } }

  private static func command<P: Pass>(for pass: P.Type) -> any ParsableCommand.Type {
    PassCommand<P>.self
  }
}
