import Documents
import Foundation
import TestSupport
import Testing

/// `pare compress --target-size` on the trained sample.
@Suite struct BudgetCommandTests {
  private let folder = try! TemporaryFolder()
  private let model = Places.sample("sst2-tiny")
  private let task = Places.sample("sentiment")

  private func compress(_ options: [String], to name: String) throws -> RunResult {
    try runPare(
      ["compress", model, "--calibration", "\(task)/dev.tsv", "-o", "\(folder.path)/\(name)"]
        + options)
  }

  private func size(_ path: String) throws -> Int {
    try bytes(of: "\(folder.path)/\(path)/model.pare.safetensors").count
  }

  /// A plan gives the same bytes again.
  private func expectSame(plan: String, as name: String) throws {
    let again = try runPare([
      "compress", model, "--recipe", "\(folder.path)/\(plan)", "--to", "pare", "-o",
      "\(folder.path)/again/",
    ])
    #expect(again.status == 0, "\(again.errors)")
    #expect(
      try bytes(of: "\(folder.path)/again/model.pare.safetensors")
        == bytes(of: "\(folder.path)/\(name)/model.pare.safetensors"))
  }

  /// Files are as large as was asked for, the plan gives the same bytes again, and statistics are measured once.
  @Test func familiesHitTheirSizes() throws {
    let result = try compress(
      ["--target-size", "600kB,350000", "--plan", "\(folder.path)/plan.yaml"], to: "family")
    #expect(result.status == 0, "\(result.errors)")
    for (name, target) in [("600kB", 600_000), ("350000", 350_000)] {
      let size = try size("family/\(name)")
      #expect(size <= target && Double(size) >= 0.995 * Double(target), "\(name): \(size)")
      #expect(result.errors.contains("\(name): "))
    }
    #expect(result.errors.contains("rank correlation"))
    #expect(
      !FileManager.default.fileExists(
        atPath: "\(folder.path)/family.statistics.safetensors.trials"))
    try expectSame(plan: "plan-350000.yaml", as: "family/350000")
    let evaluated = try runPare(
      ["evaluate", "\(folder.path)/family/600kB", "--task", task, "--min", "0.7"])
    #expect(evaluated.status == 0, "\(evaluated.output)")
    let more = try compress(
      [
        "--target-size", "500kB", "--methods", "quantize", "--statistics",
        "\(folder.path)/family.statistics.safetensors", "--report", "\(folder.path)/more.html",
        "--report", "\(folder.path)/more.json",
      ], to: "more/")
    #expect(more.status == 0 && more.errors.contains("took statistics from"), "\(more.errors)")
    #expect(try 497_500...500_000 ~= size("more"))
    let report = try JSON.parse(bytes(of: "\(folder.path)/more.json"), file: "more.json")["budget"]
    #expect(report?["target"]?.integer == 500_000)
    #expect(try report?["bytes"]?.integer == size("more"))
    #expect((report?["checks"]?.array?.count ?? 0) >= 64)
    let losses = (report?["frontier"]?.array ?? []).compactMap { $0.array?[1].number }
    #expect(losses.count > 20 && zip(losses, losses.dropFirst()).allSatisfy { $0 >= $1 })
    let families = Set((report?["matrices"]?.array ?? []).compactMap { $0["family"]?.string })
    #expect(families.isDisjoint(with: ["pruned", "factorized"]))
    let page = String(decoding: try bytes(of: "\(folder.path)/more.html"), as: UTF8.self)
    #expect(page.contains("Estimated against measured") && page.contains("What was chosen"))
  }

  /// The smallest file that is as good as that, by the task's examples.
  @Test func dropsAreKept() throws {
    let result = try compress(
      [
        "--max-drop", "3", "--task", task, "--methods", "quantize", "--report",
        "\(folder.path)/x.txt",
      ],
      to: "good/")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("chosen by these examples"))
    #expect(try value(of: "\(folder.path)/good") >= value(of: model) - 0.03 - 1e-9)
    #expect(try size("good") < 1_000_000)
    let none = try compress(["--max-drop", "3"], to: "none/")
    #expect(none.status == 2 && none.errors.contains("needs --task"))
  }

  /// The file is as fast as was asked for by the command's own measurement, and its plan gives the same bytes again.
  @Test func speedupsAreReached() throws {
    let result = try compress(
      [
        "--target-speedup", "1.1", "--methods", "prune,factorize", "--plan",
        "\(folder.path)/fast.yaml", "--report", "\(folder.path)/fast.json", "--report",
        "\(folder.path)/fast.html", "--threads", "1",
      ], to: "fast/")
    #expect(result.status == 0 && result.errors.contains("times as fast"), "\(result.errors)")
    let report = try JSON.parse(bytes(of: "\(folder.path)/fast.json"), file: "fast.json")["budget"]
    #expect((report?["speedup"]?.number ?? 0) >= 1.1 && report?["target"]?.number == 1.1)
    let rows = report?["matrices"]?.array ?? []
    #expect(rows.contains { ($0["savedTime"]?.number ?? 0) > 0 })
    let families = Set(rows.compactMap { $0["family"]?.string })
    #expect(families.isDisjoint(with: ["steps", "rotated steps", "uniform bits", "product codes"]))
    let page = String(decoding: try bytes(of: "\(folder.path)/fast.html"), as: UTF8.self)
    #expect(page.contains("Speed against loss") && page.contains("time saved"))
    try expectSame(plan: "fast.yaml", as: "fast")
  }

  /// Heads and neurons go where nothing else may.
  @Test func headsAndNeuronsGo() throws {
    let result = try compress(
      [
        "--target-speedup", "1.1", "--methods", "shrink", "--plan", "\(folder.path)/thin.yaml",
        "--report", "\(folder.path)/thin.html", "--threads", "1",
      ], to: "thin/")
    #expect(result.status == 0, "\(result.errors)")
    let plan = String(decoding: try bytes(of: "\(folder.path)/thin.yaml"), as: UTF8.self)
    #expect(plan.contains("shrink: {flops: 0.") && !plan.contains("prune"))
    let page = String(decoding: try bytes(of: "\(folder.path)/thin.html"), as: UTF8.self)
    #expect(page.contains("Speed against loss") && !page.contains("What was chosen"))
    try expectSame(plan: "thin.yaml", as: "thin")
  }

  /// With everything that belongs to the model.
  @Test func foldersHitTheirSizes() throws {
    let result = try compress(["--target-size", "700kB", "--whole-folder"], to: "whole/")
    #expect(result.status == 0, "\(result.errors)")
    let path = "\(folder.path)/whole"
    let total = try FileManager.default.contentsOfDirectory(atPath: path).reduce(0) {
      $0 + (try bytes(of: "\(path)/\($1)").count)
    }
    #expect(total <= 700_000 && Double(total) >= 0.995 * 700_000, "\(total)")
  }

  /// Words that no text has go, and lines of the vocabulary with them; texts whose words are all there are read as before.
  @Test func wordsGo() throws {
    let result = try compress(
      [
        "--target-size", "1500kB", "--methods", "trim", "--frequencies", "\(task)/dev.tsv",
        "--plan", "\(folder.path)/few.yaml", "--report", "\(folder.path)/few.json",
      ], to: "few/")
    #expect(result.status == 0 && result.errors.contains("words kept"), "\(result.errors)")
    #expect(try size("few") <= 1_500_000)
    let lines = try bytes(of: "\(folder.path)/few/vocab.txt").split(separator: 10).count
    let configuration = try JSON.parse(bytes(of: "\(folder.path)/few/config.json"), file: "")
    #expect(lines < 2000 && configuration["vocab_size"]?.integer == lines)
    let report = try JSON.parse(bytes(of: "\(folder.path)/few.json"), file: "few.json")["budget"]
    #expect(report?["keptWords"]?.integer == lines)
    #expect(try value(of: "\(folder.path)/few") == value(of: model))
    try expectSame(plan: "few.yaml", as: "few")
    #expect(
      try bytes(of: "\(folder.path)/again/vocab.txt") == bytes(of: "\(folder.path)/few/vocab.txt"))
    let mixed = try compress(
      [
        "--target-size", "150kB", "--methods", "trim,quantize", "--frequencies",
        "\(task)/dev.tsv",
      ], to: "mixed/")
    #expect(mixed.status == 0 && mixed.errors.contains("words kept"), "\(mixed.errors)")
    #expect(try 149_250...150_000 ~= size("mixed"))
  }

  /// The metric of a model on the task.
  private func value(of path: String) throws -> Double {
    let result = try runPare(["evaluate", path, "--task", task, "--json"])
    return try #require(JSON.parse(Array(result.output.utf8), file: "")["value"]?.number)
  }

  /// What is there already, and labels that the model lacks, are found out before any work is done.
  @Test func refusesBeforeItWorks() throws {
    let plan = try folder.file("plan.yaml", Array("mine".utf8))
    let kept = try compress(["--target-size", "600kB", "--plan", plan], to: "kept/")
    #expect(kept.status == 4 && kept.errors.contains("exists"), "\(kept.errors)")
    #expect(try bytes(of: plan) == Array("mine".utf8))
    let page = try folder.file("page.html", Array("mine".utf8))
    let told = try compress(["--target-size", "600kB", "--report", page], to: "told/")
    #expect(told.status == 4 && told.errors.contains("page.html"), "\(told.errors)")
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/there", withIntermediateDirectories: true)
    _ = try folder.file("there/model.pare.safetensors", [1])
    let there = try compress(["--target-size", "600kB"], to: "there/")
    #expect(there.status == 4 && there.errors.contains("exists"), "\(there.errors)")
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/kin/600kB", withIntermediateDirectories: true)
    _ = try folder.file("kin/600kB/model.pare.safetensors", [1])
    let member = try compress(["--target-size", "400kB,600kB"], to: "kin/")
    #expect(member.status == 4 && member.errors.contains("kin/600kB"), "\(member.errors)")
    let labels = try folder.file(
      "dev.tsv", Array("sentence\tlabel\nfun\tpositive\nbad\tawful\n".utf8))
    let other = try compress(["--max-drop", "1", "--task", labels], to: "other/")
    #expect(other.status == 3 && other.errors.contains("awful"), "\(other.errors)")
    for name in ["kept", "told", "there", "other"] {
      #expect(
        !FileManager.default.fileExists(atPath: "\(folder.path)/\(name).statistics.safetensors"))
    }
  }

  /// Text in another language than the vocabulary's is read, with a warning.
  @Test func foreignTextIsNoticed() throws {
    let lines = (0..<16).map { "слово \($0) и ещё одно слово" }.joined(separator: "\n")
    let text = try folder.file("foreign.txt", Array(lines.utf8))
    let result = try runPare([
      "calibrate", model, "--calibration", text, "-o", "\(folder.path)/f.statistics.safetensors",
    ])
    #expect(result.status == 0 && result.errors.contains("unknown to the vocabulary"))
  }

  /// What cannot be is said, with what could, and leaves nothing behind.
  @Test func impossibleBudgets() throws {
    let tiny = try compress(["--target-size", "9kB"], to: "tiny/")
    #expect(tiny.status == 3 && tiny.errors.contains("the least is"), "\(tiny.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/tiny"))
    let light = try compress(["--target-speedup", "900"], to: "light/")
    #expect(light.status == 3 && light.errors.contains("the most that was reached"))
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/light"))
    let few = try folder.file("few.txt", Array("one\ntwo\nthree\n".utf8))
    let little = try runPare([
      "compress", model, "--target-size", "600kB", "--calibration", few, "-o",
      "\(folder.path)/little/",
    ])
    #expect(little.status == 3 && little.errors.contains("3 texts"), "\(little.errors)")
    let mine = try folder.file("mine.safetensors", bytes(of: "\(model)/tf_model.h5"))
    let spared = try compress(["--target-size", "600kB", "--statistics", mine], to: "spared/")
    #expect(spared.status == 4 && spared.errors.contains("exists"), "\(spared.errors)")
    #expect(try bytes(of: mine) == bytes(of: "\(model)/tf_model.h5"))
    for (options, said) in [
      (["--target-size", "huge"], "is no size"),
      (["--target-size", ""], "is no size"),
      (["--target-size", "1MB,"], "is no size"),
      (["--target-size", "1MB", "--to", "safetensors"], "no other --to"),
      (["--target-size", "1MB", "--dry-run"], "no --dry-run"),
      (["--target-size", "1MB", "--methods", "magic"], "magic"),
      (["--target-size", "1MB", "--methods", "trim"], "needs --frequencies"),
      (["--target-size", "1MB", "--methods", "shrink"], "has none of quantize"),
      (["--target-speedup", "2", "--methods", "quantize"], "has none of prune"),
      (
        ["--target-size", "1MB", "--methods", "trim", "--frequencies", task, "--no-sidecars"],
        "must be a folder"
      ),
      (["--target-size", "1MB", "--pass", "tie"], "takes one of"),
      (["--target-size", "1MB", "--target-speedup", "2"], "exclude each other"),
      (["--target-speedup", "0.5"], "from 1 to 1000"),
      (["--target-speedup", "2", "--to", "safetensors"], "no other --to"),
      (["--pass", "tie"], "--calibration goes with"),
    ] {
      let result = try compress(options, to: "bad/")
      #expect(result.status == 2 && result.errors.contains(said), "\(result.errors)")
    }
  }
}
