import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Recipes

@Suite struct RecipeTests {
  private static let schema = "schema: pare.recipe/1\n"

  @Test func stepsAreReadInOrder() throws {
    let recipe = try Recipe(
      text: Self.schema + "steps:\n  - cast: {dtype: F16, only: [encoder.*, pooler]}\n  - merge\n")
    #expect(recipe.steps.map(\.name) == ["cast", "merge"])
    #expect(recipe.steps[0].arguments.texts("only") == ["encoder.*", "pooler"])
    #expect(recipe.steps[1].arguments.values.isEmpty)
  }

  @Test func theCommandLineSaysTheSame() throws {
    let recipe = try Recipe(text: Self.schema + "steps:\n  - cast: {dtype: F16, only: [a, b]}\n")
    #expect(try RecipeStep(argument: " cast dtype=F16  only=a only=b ") == recipe.steps[0])
  }

  @Test(arguments: ["encoder.*", "*", "name:/a{1,2}, b/", "true", "4x1", "it's \"so\"", "ä: - #"])
  func textReadsBackAsTheSameRecipe(_ pattern: String) throws {
    let recipe = Recipe(steps: [
      try RecipeStep("cast", [("dtype", ["BF16"]), ("except", [pattern, "pooler"])]),
      try RecipeStep("merge"),
    ])
    #expect(try Recipe(text: recipe.text) == recipe)
  }

  private static let wrong: [(text: String, message: String)] = [
    ("steps: [merge]", "the schema is missing, expected 'pare.recipe/1'"),
    ("schema: pare.recipe/2\nsteps: [merge]", "the schema is 'pare.recipe/2', expected"),
    ("\(schema)", "'steps' should be a list with at least one step"),
    ("\(schema)steps: []", "'steps' should be a list with at least one step"),
    ("\(schema)steps: {merge: {}}", "'steps' should be a list"),
    ("\(schema)stpes: [merge]", "a recipe has no key 'stpes'"),
    ("\(schema)steps: [merge, mrege]", "step 2: there is no pass 'mrege'"),
    ("\(schema)steps: [{merge: {}, cast: {}}]", "step 1: a step should be a mapping with one key"),
    ("\(schema)steps: [3]", "step 1: a step should be a mapping"),
    ("\(schema)steps: [{cast: F16}]", "step 1: the options of 'cast' should be a mapping"),
    ("\(schema)steps: [{cast: {dtype: {a: b}}}]", "step 1: 'dtype' should be text"),
    ("\(schema)steps: [{cast: {dtpye: F16}}]", "step 1: cast has no option 'dtpye'"),
    ("\(schema)steps: [{cast: {dtype: [F16, F32]}}]", "step 1: 'dtype' takes"),
    ("\(schema)steps: [&a merge, *a]", "the alias '*a' is not supported"),
    ("\(schema)steps: \(String(repeating: "[", count: 500))", "nests deeper"),
  ]

  @Test(arguments: wrong)
  func whatIsNotUnderstoodIsAnError(_ text: String, _ message: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("recipe.yaml", [UInt8](text.utf8))
    let failure = try #require(throws: Failure.self) { _ = try Recipe(contentsOf: path) }
    #expect(failure.description.contains(message), "\(failure)")
    #expect(failure.place.file == path)
  }

  @Test func suggestionsAreMade() throws {
    let failure = try #require(throws: Failure.self) {
      _ = try Recipe(text: Self.schema + "steps: [mrege]")
    }
    #expect(failure.reason.hint == "did you mean 'merge'?")
  }

  @Test func mutatedRecipesNeverTrap() throws {
    let text = [UInt8](
      (Self.schema + "steps:\n  - cast: {dtype: F16, only: [encoder.*, '/a|b/']}\n  - merge: {}\n")
        .utf8)
    var generator = SeededGenerator(seed: 17)
    var refused = 0
    for _ in 0..<300 {
      do {
        _ = try Recipe(text: String(decoding: mutated(text, using: &generator), as: UTF8.self))
      } catch is Failure {
        refused += 1
      }
    }
    #expect(refused > 100)
  }
}
