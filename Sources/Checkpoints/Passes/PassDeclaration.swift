/// What can be a step of a recipe and a command: a pass, or a training.
public protocol Declared: Sendable {
  static var declaration: PassDeclaration { get }
}

/// What a pass is called, what it does and which options it takes: the source of its subcommand's help, of
/// its step in a recipe, and of the reference of recipes.
public struct PassDeclaration: Sendable {
  /// The subcommand, and the key of a step: a verb, such as `prune`.
  public var name: String
  /// One line.
  public var summary: String
  /// What a user should know beyond that.
  public var discussion: String
  public var options: [PassOption]

  public init(name: String, summary: String, discussion: String = "", options: [PassOption]) {
    self.name = name
    self.summary = summary
    self.discussion = discussion
    self.options = options
  }
}

/// An option of a pass.
public struct PassOption: Sendable {
  /// As in a recipe; on the command line two dashes stand before it.
  public var name: String
  public var kind: Kind
  public var help: String
  /// What the value is called in help; the kind's own name unless given.
  public var valueName: String
  /// What holds when the option is not given, as text for people; nil where nothing does.
  public var standard: String?

  public init(
    _ name: String, _ kind: Kind, _ help: String, valueName: String? = nil, standard: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.help = help
    self.valueName = valueName ?? kind.valueName
    self.standard = standard
  }

  /// What an option's values may be.
  public enum Kind: Sendable {
    case number(ClosedRange<Double>)
    case integer(ClosedRange<Int>)
    /// One number for all, or one for each of several, as `8,8,4`.
    case integers(ClosedRange<Int>)
    case choice([String])
    case text
    /// A path, relative to where the command is run.
    case file
    /// Any number of texts.
    case texts
    /// Given or not.
    case flag
  }
}

extension PassOption.Kind {
  var valueName: String {
    switch self {
    case .number: "number"
    case .integer: "count"
    case .integers: "counts"
    case .choice(let names): names.joined(separator: "|")
    case .text, .texts: "text"
    case .file: "file"
    case .flag: ""
    }
  }

  /// What is expected, for messages.
  package var expected: String {
    switch self {
    case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
    case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .integers(let range):
      "whole numbers from \(range.lowerBound) to \(range.upperBound), separated by commas"
    case .choice(let names): names.joined(separator: ", ")
    case .text, .texts, .file: "text"
    case .flag: "true or false"
    }
  }

  /// Whether a value is one of those that the option takes.
  func admits(_ value: String) -> Bool {
    switch self {
    case .number(let range): Double(value).map(range.contains) ?? false
    case .integer(let range): Int(value).map(range.contains) ?? false
    case .integers(let range):
      value.split(separator: ",", omittingEmptySubsequences: false).allSatisfy {
        Int($0).map(range.contains) ?? false
      }
    case .choice(let names): names.contains(value)
    case .text, .texts, .file: !value.isEmpty
    case .flag: value == "true" || value == "false"
    }
  }
}

extension PassOption {
  /// Which parameters a pass works on; every pass that works on some has these two.
  public static let selection = [
    PassOption(
      "only", .texts, "Take only parameters that match; may be repeated.", valueName: "pattern"),
    PassOption(
      "except", .texts, "Leave out parameters that match; wins over only.", valueName: "pattern"),
  ]

  /// A file of statistics, by which parameters are weighted.
  public static let statistics = PassOption(
    "statistics", .file, "Weight by the importance, norms or Gram matrices in this file.")

  /// Text from which statistics are measured.
  public static let calibration = PassOption(
    "calibration", .file,
    "Measure what --statistics would hold on this text, a line each, or on a task's train split without its labels; kept as OUT.statistics.safetensors and taken from there by later runs.",
    valueName: "text")
}
