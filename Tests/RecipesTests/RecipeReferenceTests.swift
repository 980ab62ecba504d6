import Foundation
import Recipes
import TestSupport
import Testing

@Suite struct RecipeReferenceTests {
  /// The committed page is what the passes declare; `make man` writes it anew.
  @Test func committedPageIsCurrent() throws {
    let path = "\(Places.root)/formats/recipe.md"
    if ProcessInfo.processInfo.environment["PARE_UPDATE_MAN"] == "1" {
      try RecipeReference.markdown.write(toFile: path, atomically: true, encoding: .utf8)
    }
    let committed = try? String(contentsOfFile: path, encoding: .utf8)
    #expect(committed == RecipeReference.markdown, "formats/recipe.md is stale: run 'make man'")
  }

  /// Every recipe among the samples is read, and says what it is for.
  @Test func sampleRecipesAreRead() throws {
    let folder = Places.sample("recipes")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
      $0.hasSuffix(".yaml")
    }
    #expect(!names.isEmpty)
    for name in names {
      let recipe = try Recipe(contentsOf: "\(folder)/\(name)")
      #expect(try Recipe(text: recipe.text) == recipe)
      let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
      #expect(text.contains("# "), "\(name) has no comment")
    }
  }
}
