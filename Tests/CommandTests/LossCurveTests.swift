import Documents
import Foundation
import TestSupport
import Testing

/// What a training notes of itself, in reports as a user makes them.
@Suite struct LossCurveTests {
  private let folder = try! TemporaryFolder()
  private let model = Places.sample("sst2-tiny")
  private let task = Places.sample("sentiment/dev.tsv")

  private func succeed(_ arguments: String...) throws {
    let result = try runPare(arguments, folder: folder.path)
    try #require(result.status == 0, "\(result.errors)")
  }

  private func text(_ name: String) throws -> String {
    String(decoding: try bytes(of: "\(folder.path)/\(name)"), as: UTF8.self)
  }

  private func trainings(_ name: String) throws -> [JSON] {
    let text = try text(name)
    #expect(try JSONSchema("report.schema.json").violations(of: text) == [])
    return try #require(try JSON.parse(Array(text.utf8), file: name)["trainings"]?.array)
  }

  @Test func aTrainingIsDrawn() throws {
    try succeed(
      "train", model, "--task", task, "-o", "out/", "--epochs", "3", "--batch-size", "8",
      "--metrics", "run.jsonl", "-q")
    for name in ["a.html", "a.md", "a.txt", "a.json"] {
      try succeed("report", "out", "--metrics", "run.jsonl", "-o", name, "-q")
    }
    let records = try text("run.jsonl").split(separator: "\n").map {
      try JSON.parse(Array($0.utf8), file: "run.jsonl")
    }
    let evaluations = records.filter { $0["kind"]?.string == "evaluation" }
    let best = try #require(evaluations.last { $0["best"]?.bool == true })
    let told = try trainings("a.json")
    #expect(told.count == 1 && told[0]["title"]?.string == "run.jsonl")
    #expect(told[0]["steps"] == records.last?["step"] && told[0]["epochs"] == 3)
    #expect(told[0]["best"]?["step"] == best["step"])
    #expect(told[0]["best"]?["value"] == best["value"] && told[0]["metric"] == "accuracy")
    #expect(told[0]["evaluations"]?.integer == evaluations.count && evaluations.count == 3)
    let losses = records.compactMap { $0["loss"]?.number }
    let count = (losses.count + 19) / 20
    let last = losses.suffix(count).reduce(0, +) / Double(count)
    let difference = (told[0]["loss"]?["last"]?.number ?? 0) - last
    #expect(difference.magnitude < 1e-9)
    let page = try text("a.html")
    #expect(page.contains("run.jsonl. Loss of") && page.contains(", kept</text>"))
    #expect(page.contains("class=\"trace embeddings\""))
    for name in ["a.md", "a.txt"] {
      let text = try text(name)
      #expect(text.contains("run.jsonl") && text.contains("after step") && !text.contains("<svg"))
    }
    // Twice, and none where none is named.
    try succeed("report", "out", "--metrics", "run.jsonl", "--metrics", "run.jsonl", "-o", "b.json")
    #expect(try trainings("b.json").count == 2)
    try succeed("report", "out", "-o", "c.json")
    #expect(try trainings("c.json").isEmpty)
  }

  private let steps = """
    schema: pare.recipe/1
    steps:
      - train: {epochs: 2, batch-size: 8}
      - prune: {sparsity: 0.3}
      - distill: {epochs: 1, batch-size: 8, unfreeze: [head, "*"]}

    """

  /// Killed in its last stage and taken up: those done before are drawn as well.
  @Test(arguments: [false, true]) func everyStageOfARecipeIsDrawn(isKilled: Bool) throws {
    _ = try folder.file("recipe.yaml", Array(steps.utf8))
    let run = [
      "compress", model, "--recipe", "recipe.yaml", "--task", task, "-o", "small/", "--report",
      "r.html", "--report", "r.json",
    ]
    var arguments = run
    if isKilled {
      let killed = try shell(
        """
        pare \(run.joined(separator: " ")) & id=$!
        for i in $(seq 600); do
          [ -e .small.pare-run/trained-1-1 ] && break; sleep 0.02
        done
        kill -KILL $id; wait $id
        """, folder: folder.path)
      #expect(killed.status != 0)
      arguments.append("--resume")
    }
    let result = try runPare(arguments, folder: folder.path)
    try #require(result.status == 0, "\(result.errors)")
    let told = try trainings("r.json")
    #expect(
      told.compactMap { $0["title"]?.string } == [
        "stage 1 of 3, train", "stage 2 of 3, distill", "stage 3 of 3, distill",
      ])
    #expect(told.allSatisfy { ($0["steps"]?.integer ?? 0) > 5 && $0["best"] != .null })
    #expect(told[0]["epochs"] == 2 && told[1]["epochs"] == 1)
    let page = try text("r.html")
    #expect(page.components(separatedBy: "learning rate</text>").count == 4)
    #expect(try folder.names().sorted() == ["r.html", "r.json", "recipe.yaml", "small"])
  }

  @Test func whatIsNoMetricsIsRefused() throws {
    for (name, content, status) in [
      ("bad.jsonl", "{}\n", 3), ("empty.jsonl", "", 3), ("none.jsonl", nil, 3),
    ] as [(String, String?, Int32)] {
      if let content { _ = try folder.file(name, Array(content.utf8)) }
      let result = try runPare(
        ["report", model, "--metrics", name, "-o", "x.html"], folder: folder.path)
      #expect(result.status == status && result.errors.contains(name), "\(result.errors)")
      #expect(try !folder.names().contains("x.html"))
    }
    let line = #"{"schema":"pare.metrics/1","kind":"step","step":1,"epoch":1,"seconds":1,"loss":1}"#
    let path = try folder.file("m.html", Array(line.utf8))
    let result = try runPare(
      ["report", model, "--metrics", "m.html", "-o", "m.html", "--force"], folder: folder.path)
    #expect(result.status == 2 && result.errors.contains("is the input itself"))
    #expect(try bytes(of: path) == Array(line.utf8))
  }
}
