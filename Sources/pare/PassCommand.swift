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

  @OptionGroup(title: "Options of the pass") var options: PassOptions<P>
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
  static var all: [any ParsableCommand.Type] { PassList.all.map { command(for: $0) } }

  private static func command<P: Pass>(for pass: P.Type) -> any ParsableCommand.Type {
    PassCommand<P>.self
  }
}

/// The options that a pass declares, as options of a command.
///
/// The parser finds options by reflection; this shows it those of the declaration as if they were
/// properties, and takes their values by the same names.
struct PassOptions<P: Pass>: ParsableArguments, CustomReflectable {
  private(set) var values: [(option: String, values: [String])] = []

  init() {}

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: OptionKey.self)
    for option in P.declaration.options {
      let key = OptionKey(stringValue: option.name)
      if case .flag = option.kind {
        if try container.decode(Flag<Bool>.self, forKey: key).wrappedValue {
          values.append((option.name, ["true"]))
        }
      } else {
        let given = try container.decode(Option<[String]>.self, forKey: key).wrappedValue
        if !given.isEmpty { values.append((option.name, given)) }
      }
    }
  }

  var customMirror: Mirror {
    Mirror(
      self,
      children: P.declaration.options.map { option in
        ("_" + option.name, option.property)
      }, displayStyle: .struct)
  }
}

extension PassOption {
  /// The option as a property of a command would declare it.
  fileprivate var property: Any {
    let help = ArgumentHelp(
      stringLiteral: standard.map { "\(self.help.dropLast()) (default: \($0))." } ?? self.help)
    if case .flag = kind {
      return Flag<Bool>(wrappedValue: false, name: .customLong(name), help: help)
    }
    var described = help
    described.valueName = valueName
    return Option<[String]>(wrappedValue: [], name: .customLong(name), help: described)
  }
}

/// The name of an option as a key.
private struct OptionKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
