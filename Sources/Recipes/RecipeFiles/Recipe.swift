import Checkpoints
import Passes
import Tensors

/// What is done to a model, step by step: a chain of passes with their arguments.
///
/// Written as YAML: `schema: pare.recipe/1` and `steps:`, a list with one key a step, as
/// `- prune: {sparsity: 0.8, only: [encoder.*]}`; keys are the names of options.
public struct Recipe: Sendable, Equatable {
  public static let schema = "pare.recipe/1"
  /// The key of an output's metadata under which the recipe that made it stands.
  public static let metadataKey = "pare.recipe"

  public var steps: [RecipeStep]

  public init(steps: [RecipeStep]) { self.steps = steps }

  /// Whether a model is trained in any of the steps.
  public var trains: Bool { steps.contains { $0.type is any TrainingStep.Type } }
}

/// One pass or training, and its arguments.
public struct RecipeStep: Sendable, Equatable {
  let type: any Declared.Type
  public let arguments: PassArguments

  public var name: String { type.declaration.name }

  /// - Throws: ``Failure`` of usage if there is no step of that name, or it does not take the options.
  public init(_ name: String, _ options: [(option: String, values: [String])] = []) throws {
    guard let known = StepList.named(name) else {
      throw Failure(RecipeReason.unknownPass(name, known: StepList.all.map { $0.declaration.name }))
    }
    type = known
    arguments = try PassArguments(of: known.declaration, options)
  }

  /// The pass that the step is.
  ///
  /// - Throws: ``Failure`` of usage if arguments contradict one another, or it is a training.
  func pass() throws -> any Pass {
    guard let type = type as? any Pass.Type else {
      throw Failure(TrainingRequestReason.trainingStep(name))
    }
    return try type.init(arguments)
  }

  /// The training that the step is; nil of a pass.
  ///
  /// - Throws: ``Failure`` of usage if arguments contradict one another.
  func training() throws -> (any TrainingStep)? {
    try (type as? any TrainingStep.Type)?.init(arguments)
  }

  public static func == (left: RecipeStep, right: RecipeStep) -> Bool {
    left.name == right.name && left.arguments == right.arguments
  }
}

/// What can be wrong with a recipe.
package enum RecipeReason: Reason {
  case unknownPass(String, known: [String])
  case unknownKey(String, known: [String])
  case otherSchema(String?)
  case noSteps
  case notAStep(String)
  case notOptions(pass: String)
  case notAValue(option: String)
  case emptyPass
  case step(Int, any Reason)

  package var outcome: Outcome { .usage }

  package var description: String {
    switch self {
    case .unknownPass(let name, _): "there is no pass '\(printable(name))'"
    case .unknownKey(let key, _): "a recipe has no key '\(printable(key))'"
    case .otherSchema(let found):
      "the schema is \(found.map { "'\(printable($0))'" } ?? "missing"), expected '\(Recipe.schema)'"
    case .noSteps: "'steps' should be a list with at least one step"
    case .notAStep(let found):
      "a step should be a mapping with one key, the pass; found \(printable(found))"
    case .notOptions(let pass): "the options of '\(printable(pass))' should be a mapping"
    case .notAValue(let option):
      "'\(printable(option))' should be text, a number, true, false or a list of these"
    case .emptyPass: "a pass is given without a name"
    case .step(let number, let reason): "step \(number): \(reason)"
    }
  }

  package var hint: String? {
    switch self {
    case .unknownPass(let name, let known), .unknownKey(let name, let known):
      nearest(to: name, among: known).map { "did you mean '\($0)'?" }
        ?? "there are \(known.joined(separator: ", "))"
    case .otherSchema: "the first line of a recipe is 'schema: \(Recipe.schema)'"
    case .step(_, let reason): reason.hint
    default: nil
    }
  }
}
