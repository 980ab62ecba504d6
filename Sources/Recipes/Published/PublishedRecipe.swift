import Checkpoints
import Tensors
import Training

/// A published system as a recipe: what its steps are depends on the shape of the model that is to be made small.
///
/// Its options are what the paper chose, and stand at what it chose for BERT-base unless they are given.
package protocol PublishedRecipe: Declared {
  /// - Throws: ``Failure`` of usage if arguments contradict one another.
  init(_ arguments: PassArguments) throws

  /// The steps that make a model small.
  ///
  /// - Throws: ``Failure`` if the system does not fit the model, or cannot make it as small as it should be.
  func steps(for model: Model, in setting: TrainingSetting) throws -> [RecipeStep]
}

/// The systems that `pare` knows by name, in the order in which they are listed.
package enum PublishedRecipeList {
  package static let all: [any PublishedRecipe.Type] = [
    Rosita.self,
    LadaBERT.self,
    OBERTa.self,
    XtremeDistil.self,
  ]

  package static func named(_ name: String) -> (any PublishedRecipe.Type)? {
    all.first { $0.declaration.name == name }
  }
}

extension Recipe {
  /// The names of published systems that can stand for a recipe.
  public static var publishedNames: [String] {
    PublishedRecipeList.all.map { $0.declaration.name }
  }

  /// The steps of a published system for a model.
  ///
  /// - Parameters:
  ///   - settings: options of the system, as `ratio=7.5`.
  ///   - task: what models are to learn.
  /// - Throws: ``Failure`` of usage for an option that the system does not have, or if it does not fit the model.
  public init(
    published name: String, settings: [String], for model: Model, task: TaskRequest?,
    threads: Int
  ) throws {
    guard let type = PublishedRecipeList.named(name) else {
      throw Failure(PublishedReason.unknown(name))
    }
    let options = try settings.map { setting in
      let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { throw Failure(PublishedReason.notASetting(setting)) }
      return (option: String(parts[0]), values: [String(parts[1])])
    }
    let arguments = try PassArguments(of: type.declaration, options)
    let setting = TrainingSetting(ModelRequest(model.path), task: task, threads: threads)
    do {
      self.init(steps: try type.init(arguments).steps(for: model, in: setting))
    } catch let failure as Failure {
      throw failure.within(Place(file: model.path))
    }
  }
}

/// Why a published system gives no recipe.
enum PublishedReason: Reason {
  case unknown(String)
  case notASetting(String)
  case noEncoder(String)
  case unreachable(String, ratio: Double, least: Double)

  var outcome: Outcome {
    switch self {
    case .noEncoder: .badInput
    default: .usage
    }
  }

  var description: String {
    switch self {
    case .unknown(let name): "there is no published recipe '\(printable(name))'"
    case .notASetting(let text): "'\(printable(text))' should be KEY=VALUE"
    case .noEncoder(let name): "\(name) is for transformer encoders"
    case .unreachable(let name, let ratio, let least):
      "\(name): the model cannot be made \(shortest(hundredths(ratio))) times smaller; all that can go left out, it is \(shortest(hundredths(least))) times smaller"
    }
  }

  private func hundredths(_ number: Double) -> Double { (number * 100).rounded() / 100 }

  var hint: String? {
    switch self {
    case .unknown(let name):
      nearest(to: name, among: Recipe.publishedNames).map { "did you mean '\($0)'?" }
        ?? "there are \(Recipe.publishedNames.joined(separator: ", "))"
    default: nil
    }
  }
}
