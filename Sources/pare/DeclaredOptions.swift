import ArgumentParser
import Checkpoints

/// The options that a pass or a training declares, as options of a command.
///
/// The parser finds options by reflection; this shows it those of the declaration as if they were
/// properties, and takes their values by the same names.
struct DeclaredOptions<D: Declared>: ParsableArguments, CustomReflectable {
  private(set) var values: [(option: String, values: [String])] = []

  /// The values, each checked.
  ///
  /// - Throws: ``Failure`` of usage for a value that its option does not take.
  var arguments: PassArguments { get throws { try PassArguments(of: D.declaration, values) } }

  init() {}

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: OptionKey.self)
    for option in D.declaration.options {
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
      children: D.declaration.options.map { option in
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
