import Foundation
import TestSupport
import Testing

/// The published systems as a user runs them, on a model that is small already.
@Suite struct PublishedRecipeTests {
  private static let model = Places.sample("sst2-tiny")
  private static let task = Places.sample("sentiment/dev.tsv")

  /// The options that make a run of seconds of one of days.
  private static let settings: [(recipe: String, settings: [String])] = [
    (
      "rosita",
      [
        "ratio=3", "layers=1", "heads=1", "intermediate=64", "augment=1", "student-epochs=1",
        "depth-epochs=1", "width-epochs=1", "width-share=0.5", "prunings=2", "batch-size=16",
      ]
    ),
    ("ladabert", ["ratio=3", "positions=64", "rounds=2", "epochs=1", "batch-size=16"]),
    (
      "oberta",
      [
        "sparsity=0.8", "epochs=1", "prunings=2", "gradients=4", "rounding-epochs=1",
        "batch-size=16",
      ]
    ),
    (
      "xtremedistil",
      [
        "ratio=10", "embedding=16", "hidden=12", "state-epochs=1", "logit-epochs=1",
        "label-epochs=1", "batch-size=16",
      ]
    ),
  ]

  private func run(
    _ recipe: String, _ settings: [String], _ more: [String] = [], in folder: TemporaryFolder
  ) throws -> RunResult {
    try runPare(
      [
        "compress", Self.model, "--recipe", recipe, "--task", Self.task, "-o", "out/", "--to",
        "pare",
      ] + settings.flatMap { ["--set", $0] } + more, folder: folder.path)
  }

  @Test(arguments: settings)
  func aPublishedSystemIsOneCommand(recipe: String, settings: [String]) throws {
    let folder = try TemporaryFolder()
    let plan = try run(recipe, settings, ["--dry-run"], in: folder)
    #expect(plan.status == 0, "\(plan.errors)")
    #expect(plan.output.contains("of training in all"), "\(plan.output)")
    #expect(try folder.names().isEmpty)
    let result = try run(recipe, settings, in: folder)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try folder.names() == ["out"])
    #expect(result.output.contains("distill: {"), "\(result.output)")
    if recipe == "rosita" {
      // What the step before has made teaches the next.
      for teacher in ["trained-1-1", "trained-2-1"] {
        #expect(result.errors.contains("taught by .out.pare-run/\(teacher)"), "\(result.errors)")
      }
    }
    let evaluated = try runPare(["evaluate", "out", "--task", Self.task], folder: folder.path)
    #expect(evaluated.status == 0 && evaluated.output.contains("accuracy"), "\(evaluated.errors)")
  }

  /// What comes of it is as small as was asked, by the count that the system's paper has.
  @Test func whatComesOfItIsAsSmallAsAsked() throws {
    let folder = try TemporaryFolder()
    for (recipe, count) in [("rosita", "uniqueParameters"), ("ladabert", "nonzeroParameters")] {
      let settings = Self.settings.first { $0.recipe == recipe }!.settings
      let result = try run(recipe, settings, ["--force"], in: folder)
      #expect(result.status == 0, "\(result.errors)")
      let seen = try runPare(["inspect", "out", "--json", "--statistics"], folder: folder.path)
      let json = try JSONSerialization.jsonObject(with: Data(seen.output.utf8)) as? [String: Any]
      let counts = json?["counts"] as? [String: Any] ?? json ?? [:]
      let found = try #require(counts[count] as? Int, "\(seen.output.prefix(600))")
      let limit = 1_275_266 / 3
      // Ranks are taken by sixteens, each of 6,730 parameters.
      #expect((limit - 16 * 6730...limit + 20).contains(found), "\(recipe) \(found)")
    }
  }

  /// Masks come from the inverse of the Fisher information of gradients that nothing was learned from.
  @Test func oneShotPruningLearnsNothing() throws {
    let folder = try TemporaryFolder()
    let settings = [
      "mode=one-shot", "sparsity=0.5", "gradients=4", "rounds=2", "rounding-epochs=0",
      "examples=64", "embedding-bits=16",
    ]
    let result = try run("oberta", settings, in: folder)
    #expect(result.status == 0, "\(result.errors)")
    let seen = try runPare(["inspect", "out", "--tensors"], folder: folder.path).output
    #expect(seen.contains("sparse"), "\(seen)")
    let evaluated = try runPare(["evaluate", "out", "--task", Self.task], folder: folder.path)
    #expect(evaluated.status == 0, "\(evaluated.errors)")
  }

  @Test(arguments: [
    (["--recipe", "rosita", "--set", "ratoi=3"], "did you mean 'ratio'"),
    (["--recipe", "rosita", "--set", "ratio"], "KEY=VALUE"),
    (["--recipe", "rosita", "--set", "ratio=1000"], "cannot be made 1000 times smaller"),
    (["--recipe", "ladabert", "--set", "ratio=500"], "times smaller"),
    (["--recipe", "xtremedistil", "--set", "ratio=900"], "times smaller"),
    (["--recipe", "oberta", "--set", "mode=twice"], "gradual"),
    (["--pass", "merge", "--set", "ratio=3"], "--set goes with a published recipe"),
  ])
  func mistakesAreSaid(arguments: [String], message: String) throws {
    let folder = try TemporaryFolder()
    let result = try runPare(
      ["compress", Self.model, "--task", Self.task, "-o", "out/"] + arguments, folder: folder.path)
    #expect(result.status == 2 || result.status == 64, "\(result.status)")
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(try folder.names().isEmpty)
  }

  @Test func aTaskIsNeeded() throws {
    let folder = try TemporaryFolder()
    for recipe in ["rosita", "xtremedistil"] {
      let result = try runPare(
        ["compress", Self.model, "--recipe", recipe, "-o", "out/"], folder: folder.path)
      #expect(result.status == 2 && result.errors.contains("needs a task"), "\(result.errors)")
      #expect(result.errors.contains("--task"))
    }
  }
}
