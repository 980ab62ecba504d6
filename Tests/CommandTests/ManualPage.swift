import Foundation

/// A manual page in man(7), made from what a command declares.
struct ManualPage {
  let name: String
  let text: String

  /// The pages of a command and of its subcommands, from the output of `--experimental-dump-help`.
  static func pages(fromDump dump: String, examples: (String) -> String?) throws -> [ManualPage] {
    let help = try JSONDecoder().decode(Help.self, from: Data(dump.utf8))
    let commands =
      [help.command] + (help.command.subcommands ?? []).filter { $0.commandName != "help" }
    return commands.map { command in
      let name = command.title
      let others = commands.map(\.title).filter { $0 != name }
      return ManualPage(
        name: name, text: render(command, examples: examples(name), seeAlso: others))
    }
  }

  private static func render(_ command: Command, examples: String?, seeAlso: [String]) -> String {
    let arguments = (command.arguments ?? []).filter(\.shouldDisplay)
    var lines = [
      ".TH \(escaped(command.title.uppercased())) 1",
      ".SH NAME", "\(escaped(command.title)) \\- \(escaped(command.abstract ?? ""))",
      ".SH SYNOPSIS", ".B \(escaped(command.invocation))",
    ]
    lines += arguments.map { escaped($0.synopsis) }
    if let subcommands = command.subcommands, !subcommands.isEmpty { lines.append("COMMAND …") }
    if let discussion = command.discussion { lines += [".SH DESCRIPTION", escaped(discussion)] }
    if let subcommands = command.subcommands?.filter({ $0.commandName != "help" }),
      !subcommands.isEmpty
    {
      lines.append(".SH COMMANDS")
      for subcommand in subcommands {
        lines += [
          ".TP", ".B \(escaped(subcommand.commandName))", escaped(subcommand.abstract ?? ""),
        ]
      }
    }
    lines.append(".SH OPTIONS")
    for argument in arguments {
      lines += [".TP", ".B \(escaped(argument.heading))", escaped(argument.explanation)]
    }
    lines += exitStatus
    if let examples { lines += [".SH EXAMPLES"] + render(examples: examples) }
    lines += [".SH SEE ALSO", seeAlso.map { "\(escaped($0))(1)" }.joined(separator: ", ")]
    return lines.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
  }

  private static func render(examples: String) -> [String] {
    examples.split(separator: "\n").flatMap { line -> [String] in
      line.hasPrefix("$ ")
        ? [".RS 4", ".nf", escaped(String(line.dropFirst(2))), ".fi", ".RE"]
        : [".PP", escaped(String(line)) + ":"]
    }
  }

  private static let exitStatus = [
    ".SH EXIT STATUS", ".TP", "0", "All is well.", ".TP", "1", "A check that was asked for failed.",
    ".TP", "2", "The command line is wrong.", ".TP", "3",
    "An input is unreadable, corrupt or not supported.", ".TP", "4",
    "The output could not be written; what was there is as it was.",
  ]

  /// Text that groff leaves as it is: hyphens stay hyphens, a line never begins with a dot.
  private static func escaped(_ text: String) -> String {
    let text = text.replacingOccurrences(of: "\\", with: "\\e")
      .replacingOccurrences(of: "-", with: "\\-")
    return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
  }
}

/// What `--experimental-dump-help` prints, as far as a page needs it.
private struct Help: Decodable { let command: Command }

private struct Command: Decodable {
  let commandName: String
  let superCommands: [String]?
  let abstract: String?
  let discussion: String?
  let arguments: [Argument]?
  let subcommands: [Command]?

  var title: String { ((superCommands ?? []) + [commandName]).joined(separator: "-") }
  var invocation: String { ((superCommands ?? []) + [commandName]).joined(separator: " ") }
}

private struct Argument: Decodable {
  struct Name: Decodable {
    let kind: String
    let name: String

    var spelling: String { kind == "long" ? "--\(name)" : "-\(name)" }
  }

  let kind: String
  let names: [Name]?
  let valueName: String?
  let abstract: String?
  let discussion: String?
  let defaultValue: String?
  let isOptional: Bool
  let isRepeating: Bool
  let shouldDisplay: Bool

  private var value: String { "<\(valueName ?? "value")>" }

  var synopsis: String {
    let body: String
    switch kind {
    case "positional": body = value
    case "flag": body = names?.map(\.spelling).joined(separator: "|") ?? ""
    default: body = "\(names?.first { $0.kind == "long" }?.spelling ?? "") \(value)"
    }
    return (isOptional ? "[\(body)]" : body) + (isRepeating ? "…" : "")
  }

  var heading: String {
    guard kind != "positional" else { return value }
    let spellings = (names ?? []).map(\.spelling).joined(separator: ", ")
    return kind == "flag" ? spellings : "\(spellings) \(value)"
  }

  var explanation: String {
    var parts = [abstract, discussion].compactMap(\.self)
    if let defaultValue, kind != "flag" { parts.append("Default: \(defaultValue).") }
    return parts.joined(separator: " ")
  }
}
