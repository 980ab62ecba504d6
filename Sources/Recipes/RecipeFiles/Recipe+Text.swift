import Checkpoints
import Documents
import Tensors

extension Recipe {
  /// The recipe as YAML that reads back as the same recipe.
  public var text: String {
    let lines = steps.map { "  - \($0.text)" }
    return (["schema: \(Self.schema)", "steps:"] + lines).joined(separator: "\n") + "\n"
  }
}

extension RecipeStep {
  /// The step as YAML, in one line, such as `prune: {sparsity: 0.8}`.
  public var text: String {
    guard !arguments.values.isEmpty else { return name }
    let options = type.declaration.options
    let pairs = arguments.values.map { option, values in
      let kind = options.first { $0.name == option }?.kind
      let scalars = values.map { Self.scalar($0, of: kind) }
      return "\(option): "
        + (scalars.count == 1 ? scalars[0] : "[\(scalars.joined(separator: ", "))]")
    }
    return "\(name): {\(pairs.joined(separator: ", "))}"
  }

  private static func scalar(_ value: String, of kind: PassOption.Kind?) -> String {
    switch kind {
    case .number, .integer, .flag: return value
    case .integers:
      let numbers = value.split(separator: ",")
      return numbers.count == 1 ? value : "[\(numbers.joined(separator: ", "))]"
    default:
      let isPlain =
        value.first?.isLetter ?? false
        && value.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-*/".contains($0)) }
        && !["true", "false", "null"].contains(value.lowercased())
      return isPlain ? value : JSON.string(value).text()
    }
  }

  /// Reads a step as it is given on a command line: `prune sparsity=0.8 only=encoder`; a flag is its name alone.
  ///
  /// An option that takes several values is repeated.
  public init(argument: String) throws {
    let words = argument.split(whereSeparator: \.isWhitespace)
    guard let name = words.first else { throw Failure(RecipeReason.emptyPass) }
    var options: [(option: String, values: [String])] = []
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count == 2 ? String(parts[1]) : "true"
      options.append((String(parts[0]), [value]))
    }
    try self.init(String(name), options)
  }
}
