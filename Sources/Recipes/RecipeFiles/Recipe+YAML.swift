import Checkpoints
import Documents
import Tensors

extension Recipe {
  /// Reads a recipe file.
  ///
  /// - Throws: ``Failure`` naming the file and the step for anything that is not understood, with a suggestion where
  ///   a name is nearly right.
  public init(contentsOf path: String) throws {
    do {
      try self.init(YAML.read(path))
    } catch let failure as Failure {
      throw failure.within(Place(file: path))
    }
  }

  /// Reads a recipe from its text, as an output's metadata hold it.
  public init(text: String) throws {
    try self.init(YAML.parse([UInt8](text.utf8), file: Self.metadataKey))
  }

  private init(_ document: JSON) throws {
    let members = document.members ?? []
    if let unknown = members.first(where: { !["schema", "steps"].contains($0.key) }) {
      throw Failure(RecipeReason.unknownKey(unknown.key, known: ["schema", "steps"]))
    }
    guard document["schema"]?.string == Self.schema else {
      throw Failure(RecipeReason.otherSchema(document["schema"]?.string))
    }
    guard let steps = document["steps"]?.array, !steps.isEmpty else {
      throw Failure(RecipeReason.noSteps)
    }
    self.steps = try steps.enumerated().map { index, step in
      do {
        return try RecipeStep(step)
      } catch var failure as Failure {
        failure.reason = RecipeReason.step(index + 1, failure.reason)
        throw failure
      }
    }
  }
}

extension RecipeStep {
  fileprivate init(_ document: JSON) throws {
    let members = document.string.map { [(key: $0, value: JSON.null)] } ?? document.members ?? []
    guard members.count == 1 else {
      throw Failure(RecipeReason.notAStep(document.text()))
    }
    let (name, options) = members[0]
    guard options.members != nil || options == .null else {
      throw Failure(RecipeReason.notOptions(pass: name))
    }
    try self.init(
      name,
      (options.members ?? []).map { key, value in
        let values = try (value.array ?? [value]).map { try $0.optionText(of: key) }
        return (key, values)
      })
  }
}

extension JSON {
  /// A scalar as an option's text.
  fileprivate func optionText(of option: String) throws -> String {
    switch self {
    case .string(let text): return text
    case .bool(let flag): return flag ? "true" : "false"
    case .integer(let number): return String(number)
    case .number(let number): return "\(number)"
    default: throw Failure(RecipeReason.notAValue(option: option))
    }
  }
}
