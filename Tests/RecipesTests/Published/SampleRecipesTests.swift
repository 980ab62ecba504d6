import TestSupport
import Testing

@testable import Recipes

/// The commented recipes among the samples are what the published ones are for MiniLM.
@Suite struct SampleRecipesTests {
  private func sample(_ name: String) throws -> Recipe {
    try Recipe(contentsOf: Places.sample("recipes/\(name).yaml"))
  }

  @Test func shapesAlone() throws {
    let shape = try PublishedShape(layers: 6, hidden: 384)
    for (name, settings) in [
      ("rosita", []), ("oberta", []), ("xtremedistil", ["transfer=transfer.txt"]),
    ] {
      let recipe = try Recipe(
        published: name, settings: settings, for: shape.model, task: TaskRequest("sst2/"),
        threads: 2)
      #expect(try sample(name).text == recipe.text)
    }
  }

  @Test func withTheModelsValues() throws {
    guard let path = Places.shared("models/minilm-sst2") else {
      return print("skipped: ../shared/models/minilm-sst2 is absent")
    }
    let recipe = try Recipe(
      published: "ladabert", settings: ["positions=66"], for: try Model.open(path),
      task: TaskRequest("sst2/"), threads: 2)
    #expect(try sample("ladabert").text == recipe.text)
  }
}
