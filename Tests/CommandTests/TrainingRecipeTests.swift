import Foundation
import TestSupport
import Testing

/// Recipes that train, and passes that are called while a model is trained, as a user runs them.
@Suite struct TrainingRecipeTests {
  private let model = Places.sample("sst2-tiny")
  private let task = Places.sample("sentiment/dev.tsv")

  private static let recipe = """
    schema: pare.recipe/1
    steps:
      - factorize: {rank: 32, only: [embeddings.word]}
      - train: {epochs: 2, batch-size: 16, freeze: [embeddings],
          gradually: ["cubic end=50% every=3: prune sparsity=0.6 pattern=4x1"]}
      - shrink: {layers: 1}
      - distill: {epochs: 1, batch-size: 16, unfreeze: [head, encoder.0.ffn], loss: "kl=1 temperature=2"}
      - quantize: {bits: 8}
    """

  private func compress(
    _ name: String, _ arguments: [String] = [], in folder: TemporaryFolder
  ) throws -> RunResult {
    _ = try folder.file("recipe.yaml", Array(Self.recipe.utf8))
    return try runPare(
      ["compress", model, "--recipe", "recipe.yaml", "--task", task, "-o", name, "--to", "pare"]
        + arguments, folder: folder.path)
  }

  private func weights(_ folder: TemporaryFolder, _ name: String) throws -> [UInt8] {
    try bytes(of: "\(folder.path)/\(name)/model.pare.safetensors")
  }

  @Test func passesAndTrainingsAreStepsOfOneList() throws {
    let folder = try TemporaryFolder()
    let plan = try compress("out/", ["--dry-run"], in: folder)
    #expect(plan.status == 0, "\(plan.errors)")
    for part in [
      "1. factorize", "2. train", "on the way, cubic end=50% every=3: prune sparsity=0.6",
      "3. shrink", "4. distill", "taught by", "5. quantize", "parameters", "of training in all",
    ] {
      #expect(plan.output.contains(part), "\(part) in \(plan.output)")
    }
    #expect(try folder.names() == ["recipe.yaml"])
    let result = try compress("out/", in: folder)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("stage 1 of 3: train") && result.errors.contains("stage 3 of 3"))
    // The teacher reads once, for both stages that it teaches.
    #expect(result.errors.components(separatedBy: "the teacher reads").count == 2)
    #expect(result.output.contains("train: {") && result.output.contains("accuracy"))
    #expect(try folder.names() == ["out", "recipe.yaml"])
    let seen = try runPare(["inspect", "out", "--tensors"], folder: folder.path).output
    #expect(
      seen.contains("BERT, 1 layers") && seen.contains("sparse") && seen.contains("factorized"))
  }

  /// A part that makes the model worse leaves it as it was.
  @Test func whatUnfreezingDoesNotImproveStays() throws {
    let folder = try TemporaryFolder()
    let recipe = """
      schema: pare.recipe/1
      steps:
        - distill: {epochs: 1, batch-size: 90, loss: "hard=1", learning-rate: 10, schedule: constant, unfreeze: [head, pooler]}
      """
    _ = try folder.file("recipe.yaml", Array(recipe.utf8))
    let result = try runPare(
      ["compress", model, "--recipe", "recipe.yaml", "--task", task, "-o", "out/"],
      folder: folder.path)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("1 evaluation by accuracy and one of the beginning"))
    let scores = try [model, "out"].map { path in
      try runPare(["evaluate", path, "--task", task, "--json"], folder: folder.path).output
    }.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
    #expect(scores[0]?["value"] as? Double == scores[1]?["value"] as? Double)
  }

  /// Killed at any moment, in whatever stage, and taken up.
  @Test(arguments: [0.3, 0.9, 1.6, 2.5]) func aKilledRecipeIsTakenUp(after seconds: Double) throws {
    let folder = try TemporaryFolder()
    #expect(try compress("whole/", in: folder).status == 0)
    let killed = try shell(
      "timeout -s KILL \(seconds) pare compress \(model) --recipe recipe.yaml --task \(task) -o cut/ --to pare",
      folder: folder.path)
    if killed.status != 0 {
      let canResume =
        try folder.names().contains(".cut.pare-run")
        && folder.names(".cut.pare-run").contains("fingerprint")
      let resumed = try compress(
        "cut/", canResume ? ["--resume", "--force"] : ["--force"], in: folder)
      #expect(resumed.status == 0, "\(resumed.errors)")
    }
    #expect(try weights(folder, "cut") == weights(folder, "whole"))
    #expect(try folder.names() == ["cut", "recipe.yaml", "whole"])
  }

  /// A run whose model has changed on the way is taken up as it was, importances and scales that were held too.
  @Test(arguments: [
    "linear end=50% every=3 by=taylor: shrink heads=1 intermediate=128",
    "cubic end=60% every=4 by=movement: prune sparsity=0.7",
    "constant start=20% hold=50%: quantize bits=4",
    "linear end=50% every=4: factorize ratio=0.5",
    "constant start=4 by=second-order gradients=4 rounds=2: prune sparsity=0.5",
  ])
  func aKilledGradualCompressionIsTakenUp(_ schedule: String) throws {
    let folder = try TemporaryFolder()
    let options = [
      "--task", task, "--epochs", "6", "--batch-size", "16", "--checkpoint-every", "0", "--to",
      "pare",
      "--gradually", schedule,
    ]
    let whole = try runPare(["train", model, "-o", "whole/"] + options, folder: folder.path)
    #expect(whole.status == 0, "\(whole.errors)")
    let quoted = options.map { "'\($0)'" }.joined(separator: " ")
    let killed = try shell(
      "timeout -s KILL 0.7 pare train \(model) -o cut/ \(quoted)", folder: folder.path)
    if killed.status != 0 {
      let canResume =
        try folder.names().contains(".cut.pare-run")
        && folder.names(".cut.pare-run").contains("state.safetensors")
      let resumed = try runPare(
        ["train", model, "-o", "cut/", "--force"] + options + (canResume ? ["--resume"] : []),
        folder: folder.path)
      #expect(resumed.status == 0, "\(resumed.errors)")
    }
    #expect(try weights(folder, "cut") == weights(folder, "whole"))
  }

  /// Copies count as examples, the same ones for the same seed; tasks whose labels stand in the text have none.
  @Test func copiesAreLearnedFromToo() throws {
    let folder = try TemporaryFolder()
    for (copies, least) in [("0", 90), ("4", 250)] {
      let plan = try runPare(
        [
          "distill", model, "--student", model, "--task", task, "-o", "out", "--augment", copies,
          "--dry-run",
        ], folder: folder.path)
      #expect(plan.status == 0, "\(plan.errors)")
      let words = plan.output.split(separator: " ").map(String.init)
      let place = try #require(words.firstIndex { $0.hasPrefix("sequences") })
      let count = try #require(Int(words[place - 1].replacingOccurrences(of: ",", with: "")))
      #expect(count >= least && (copies != "0" || count == 90), "\(plan.output)")
    }
    _ = try folder.file("tags.conll", Array("film O\nParis B-LOC\n\nrain O\n\n".utf8))
    let refused = try runPare(
      ["train", model, "--task", "tags.conll", "-o", "out", "--augment", "2"], folder: folder.path)
    #expect(refused.status == 2 && refused.errors.contains("augmented"), "\(refused.errors)")
  }

  /// A masked-language model finds other words for copies than the embeddings do, so that something else is learned.
  @Test func wordsOfCopiesComeFromAMaskedModelToo() throws {
    let folder = try TemporaryFolder()
    for (name, more) in [("plain", []), ("masked", ["--mlm", Places.sample("bert-tiny")])] {
      let result = try runPare(
        ["train", model, "--task", task, "-o", name, "--augment", "1", "--epochs", "1"] + more,
        folder: folder.path)
      #expect(result.status == 0, "\(result.errors)")
    }
    let learned = try ["plain", "masked"].map {
      try bytes(of: "\(folder.path)/\($0)/model.safetensors")
    }
    #expect(learned[0] != learned[1])
    for (more, message) in [
      (["--mlm", Places.sample("bert-tiny")], "needs 'augment'"),
      (["--augment", "1", "--mlm", model], "head"),
    ] {
      let refused = try runPare(
        ["train", model, "--task", task, "-o", "out"] + more, folder: folder.path)
      #expect(refused.status != 0 && refused.errors.contains(message), "\(refused.errors)")
    }
  }

  /// The words of a task's folder are those of its texts, not of its header and labels.
  @Test func aTasksFolderIsACorpus() throws {
    let folder = try TemporaryFolder()
    let sentences = ["a gripping film", "the rain was dull"]
    _ = try folder.file(
      "task/train.tsv", Array("sentence\tlabel\n\(sentences[0])\t1\n\(sentences[1])\t0\n".utf8))
    _ = try folder.file("text.txt", Array(sentences.joined(separator: "\n").utf8))
    _ = try folder.file("tags/train.conll", Array("gripping O\nrain B-LOC\n\n".utf8))
    _ = try folder.file("words.txt", Array("gripping\nrain".utf8))
    for (name, corpus) in [
      ("a", "task"), ("b", "text.txt"), ("c", "tags"), ("d", "words.txt"),
    ] {
      let result = try runPare(
        ["trim", model, "-o", name, "--corpus", corpus], folder: folder.path)
      #expect(result.status == 0, "\(result.errors)")
    }
    let words = try ["a", "b", "c", "d"].map { try bytes(of: "\(folder.path)/\($0)/vocab.txt") }
    #expect(words[0] == words[1] && words[2] == words[3] && words[0] != words[2])
  }

  @Test func lessIsGoneThroughInLessTime() throws {
    let folder = try TemporaryFolder()
    let arguments = [
      "train", model, "--task", task, "-o", "out/", "--epochs", "90000", "--time", "1s",
      "--dry-run",
    ]
    let result = try runPare(arguments, folder: folder.path)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("in the time that there is, "))
    #expect(!result.output.contains("in the time that there is, 90000 epochs"))
    #expect(result.output.contains("on this machine"))
    for time in ["soon", "0s", "5", "1m1h"] {
      let refused = try runPare(
        ["train", model, "--task", task, "-o", "out/", "--time", time], folder: folder.path)
      #expect(refused.status == 2 && refused.errors.contains("25m"), "\(refused.errors)")
    }
    #expect(try folder.names().isEmpty)
  }

  @Test(arguments: [
    ("train: {epochs: 1}", [], "needs a task"),
    ("train: {epoch: 1}", ["--task"], "did you mean 'epochs'"),
    ("distill: {freeze: [head], unfreeze: [head]}", ["--task"], "exclude each other"),
    ("distill: {unfreeze: [nowhere]}", ["--task"], "nowhere"),
    ("distill: {transfer-limit: 5}", ["--task"], "transfer"),
    ("train: {gradually: [\"constant: trim positions=8\"]}", ["--task"], "not applied while"),
    ("train: {gradually: [\"cubic end=9999: prune sparsity=0.5\"]}", ["--task"], "end=9999"),
    ("train: {validation-text: a.txt}", ["--task"], "text"),
  ])
  func contradictionsAreRefusedBeforeAnythingIsDone(
    _ step: String, _ options: [String], _ message: String
  ) throws {
    let folder = try TemporaryFolder()
    let text = "schema: pare.recipe/1\nsteps:\n  - cast: {dtype: F32}\n  - \(step)\n"
    _ = try folder.file("recipe.yaml", Array(text.utf8))
    let result = try runPare(
      ["compress", model, "--recipe", "recipe.yaml", "-o", "out/", "--dry-run"]
        + options.flatMap { [$0, task] }, folder: folder.path)
    #expect(result.status == 2, "\(result.errors)")
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(try folder.names() == ["recipe.yaml"])
  }
}
