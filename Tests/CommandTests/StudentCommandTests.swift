import Foundation
import TestSupport
import Testing

/// `pare student` as a user runs it: a model of another kind that is to learn from the one that it is made of.
@Suite struct StudentCommandTests {
  private let model = Places.sample("sst2-tiny")
  private let task = Places.sample("sentiment/dev.tsv")

  private func weights(_ folder: TemporaryFolder, _ name: String) throws -> [UInt8] {
    try bytes(of: "\(folder.path)/\(name)/model.safetensors")
  }

  @Test func aStudentIsMadeAndTaught() throws {
    let folder = try TemporaryFolder()
    let options = ["--embedding", "24", "--hidden", "16"]
    for (name, seed) in [("a", "1"), ("b", "1"), ("c", "2")] {
      let made = try runPare(
        ["student", model, "-o", name, "--seed", seed, "--threads", name == "b" ? "3" : "1"]
          + options, folder: folder.path)
      #expect(made.status == 0, "\(made.errors)")
    }
    #expect(try weights(folder, "a") == weights(folder, "b"))
    #expect(try weights(folder, "a") != weights(folder, "c"))
    let seen = try runPare(["inspect", "a"], folder: folder.path).output
    #expect(seen.contains("BiLSTM") && seen.contains("negative/positive"), "\(seen)")
    let taught = try runPare(
      [
        "distill", model, "--student", "a", "--task", task, "-o", "out", "--epochs", "1",
        "--loss", "logits=1",
      ], folder: folder.path)
    #expect(taught.status == 0, "\(taught.errors)")
    let evaluated = try runPare(["evaluate", "out", "--task", task], folder: folder.path)
    #expect(evaluated.status == 0, "\(evaluated.errors)")
  }

  /// XtremeDistil's stages as one recipe: the teacher's states, then its logits, from the head down.
  @Test func stagesAreARecipe() throws {
    let folder = try TemporaryFolder()
    let recipe = """
      schema: pare.recipe/1
      steps:
        - student: {embedding: 16, hidden: 12}
        - distill: {epochs: 1, loss: "hidden=1", learning-rate: 1e-3}
        - distill: {epochs: 1, loss: "logit-p=1", learning-rate: 1e-3, unfreeze: [head, projection, lstm, embeddings]}
      """
    _ = try folder.file("recipe.yaml", Array(recipe.utf8))
    let result = try runPare(
      ["compress", model, "--recipe", "recipe.yaml", "--task", task, "-o", "out"],
      folder: folder.path)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("stage 5 of 5") && result.output.contains("student: {"))
    #expect(try folder.names() == ["out", "recipe.yaml"])
  }

  @Test(arguments: [
    (["bert-tiny"], Int32(3), "no classes"), (["bilstm/last-state"], 3, "no transformer encoder"),
    (["sst2-tiny", "--readout", "per-token"], 3, "per-token"),
    (["sst2-tiny", "--embedding", "129"], 2, "129"), (["sst2-tiny", "--hidden", "0"], 2, "hidden"),
  ])
  func refuses(_ arguments: [String], _ status: Int32, _ message: String) throws {
    let folder = try TemporaryFolder()
    let result = try runPare(
      ["student", Places.sample(arguments[0]), "-o", "out"] + arguments.dropFirst(),
      folder: folder.path)
    #expect(result.status == status && result.errors.contains(message), "\(result.errors)")
    #expect(try folder.names().isEmpty)
  }
}
