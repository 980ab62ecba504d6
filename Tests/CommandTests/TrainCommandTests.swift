import Documents
import Foundation
import TestSupport
import Testing

/// `pare train` as a user runs it.
@Suite struct TrainCommandTests {
  private let model = Places.sample("sst2-tiny")
  private let task = Places.sample("sentiment/dev.tsv")
  private let quick = ["--epochs", "2", "--batch-size", "16", "--learning-rate", "1e-4"]

  private func train(_ arguments: String..., in folder: TemporaryFolder) throws -> RunResult {
    try runPare(["train", model, "--task", task] + quick + arguments, folder: folder.path)
  }

  private func weights(_ folder: TemporaryFolder, _ name: String) throws -> [UInt8] {
    try bytes(of: "\(folder.path)/\(name)/model.safetensors")
  }

  @Test func theFileIsAsGoodAsItWasSaidToBe() throws {
    let folder = try TemporaryFolder()
    let result = try train("-o", "out/", "--metrics", "run.jsonl", in: folder)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.isEmpty && result.errors.contains("wrote out/: accuracy 0."))
    #expect(try folder.names("out").contains("vocab.txt"))
    #expect(try folder.names() == ["out", "run.jsonl"])
    let lines = try String(contentsOfFile: folder.path + "/run.jsonl", encoding: .utf8)
      .split(separator: "\n").map(String.init)
    let schema = try JSONSchema("metrics.schema.json")
    for line in lines { #expect(try schema.violations(of: line) == []) }
    let records = try lines.map { try JSON.parse(Array($0.utf8), file: "metrics") }
    #expect(records.count { $0["kind"]?.string == "step" } == 12)
    #expect(records.count { $0["kind"]?.string == "evaluation" } == 2)
    let evaluated = try runPare(["evaluate", "out", "--task", task], folder: folder.path)
    #expect(evaluated.status == 0, "\(evaluated.errors)")
  }

  @Test func theSameSeedGivesTheSameBytesOnAnyNumberOfThreads() throws {
    let folder = try TemporaryFolder()
    for (name, threads, seed) in [("a", "1", "7"), ("b", "3", "7"), ("c", "1", "8")] {
      let result = try train("-o", name + "/", "--threads", threads, "--seed", seed, in: folder)
      #expect(result.status == 0, "\(result.errors)")
    }
    #expect(try weights(folder, "a") == weights(folder, "b"))
    #expect(try weights(folder, "a") != weights(folder, "c"))
  }

  /// Killed at any moment, and taken up.
  @Test(arguments: [0.15, 0.4, 0.9]) func aKilledRunIsTakenUp(after seconds: Double) throws {
    let folder = try TemporaryFolder()
    let long = ["--epochs", "12", "--checkpoint-every", "0"]
    func run(_ name: String, _ arguments: [String]) throws -> RunResult {
      try runPare(
        ["train", model, "--task", task, "-o", name] + long + arguments, folder: folder.path)
    }
    #expect(try run("whole/", []).status == 0)
    let killed = try shell(
      "timeout -s KILL \(seconds) pare train \(model) --task \(task) -o cut/ \(long.joined(separator: " "))",
      folder: folder.path)
    if killed.status != 0, try folder.names().contains(".cut.pare-run"),
      try folder.names(".cut.pare-run").contains("state.safetensors")
    {
      let other = try run("cut/", ["--resume", "--seed", "3"])
      #expect(other.status == 2 && other.errors.contains("the state of another run"))
      let resumed = try run("cut/", ["--resume"])
      #expect(resumed.status == 0, "\(resumed.errors)")
    } else if killed.status != 0 {
      #expect(try run("cut/", ["--resume"]).status == 2)
      #expect(try run("cut/", []).status == 0)
    }
    #expect(try weights(folder, "cut") == weights(folder, "whole"))
    #expect(try folder.names() == ["cut", "whole"])
  }

  /// Nothing stays of a run that could not keep its state; one that could is taken up when there is room again.
  @Test func aFullDiskEndsARunWithItsLastState() throws {
    let folder = try TemporaryFolder()
    let command = "train \(model) --task \(task) -o out/ \(quick.joined(separator: " "))"
    let first = try shell("ulimit -f 100; pare \(command)", folder: folder.path)
    #expect(first.status == 4 && first.errors.contains("File too large"), "\(first.errors)")
    #expect(try folder.names().isEmpty)
    // The best parameters fit, with the moments of the optimizer they do not.
    let second = try shell("ulimit -f 8000; pare \(command)", folder: folder.path)
    #expect(second.status == 4, "\(second.errors)")
    #expect(try folder.names().isEmpty)
  }

  /// Asked to end, a run leaves its state and no half-written file.
  @Test func aTerminatedRunIsTakenUp() throws {
    let folder = try TemporaryFolder()
    let options = ["--epochs", "12", "--batch-size", "16", "--checkpoint-every", "0"]
    func run(_ name: String, _ more: [String]) throws -> RunResult {
      try runPare(
        ["train", model, "--task", task, "-o", name] + options + more, folder: folder.path)
    }
    #expect(try run("whole/", []).status == 0)
    let line = """
      pare train \(model) --task \(task) -o cut/ \(options.joined(separator: " ")) & run=$!
      until [ -e .cut.pare-run/state.safetensors ] || [ -e cut ]; do sleep 0.01; done
      kill -TERM $run; wait $run; echo status $?
      """
    let ended = try shell(line, folder: folder.path)
    if ended.output.contains("status 143") {
      let names = try folder.names(".cut.pare-run")
      #expect(names.contains("state.safetensors") && !names.contains { $0.contains("partial") })
      #expect(try run("cut/", ["--resume", "--force"]).status == 0)
    }
    #expect(try weights(folder, "cut") == weights(folder, "whole"))
    #expect(try folder.names() == ["cut", "whole"])
  }

  @Test func aHeadIsMadeForTheTask() throws {
    let folder = try TemporaryFolder()
    let tiny = Places.sample("bert-tiny")
    let text =
      "sentence\tlabel\n"
      + (0..<40).map { "film \($0)\t\(["x", "y", "z"][$0 % 3])\n" }
      .joined()
    _ = try folder.file("task.tsv", Array(text.utf8))
    let result = try runPare(
      ["train", tiny, "--task", "task.tsv", "-o", "out/", "--epochs", "1"], folder: folder.path)
    #expect(result.status == 0, "\(result.errors)")
    let seen = try runPare(["inspect", "out"], folder: folder.path).output
    #expect(seen.contains("head sequence-classification, labels x/y/z"))
    #expect(
      try runPare(["evaluate", "out", "--task", "task.tsv"], folder: folder.path).status == 0)
  }

  @Test(arguments: [
    ("one class", "sentence\tlabel\na\t1\nb\t1\nc\t1\n", 3, "class"),
    ("too few", "sentence\tlabel\na\t1\n", 3, "example"),
  ])
  func refusesWhatNothingIsLearnedFrom(
    _ name: String, _ text: String, _ status: Int32, _ message: String
  ) throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("task.tsv", Array(text.utf8))
    let result = try runPare(
      ["train", model, "--task", "task.tsv", "-o", "out/"], folder: folder.path)
    #expect(result.status == status && result.errors.contains(message), "\(result.errors)")
    #expect(try folder.names() == ["task.tsv"])
  }

  @Test(arguments: [
    ["--schedule", "steep"], ["--freeze", "nowhere"], ["--freeze", "*"], ["--epochs", "0"],
    ["--learning-rate", "-1"], ["--validation", "1"], ["--resume"],
  ])
  func refusesWhatMakesNoSense(_ arguments: [String]) throws {
    let folder = try TemporaryFolder()
    let result = try runPare(
      ["train", model, "--task", task, "-o", "out/"] + arguments, folder: folder.path)
    #expect(result.status == 2, "\(result.errors)")
    #expect(try folder.names().isEmpty)
  }

  @Test func aLossThatIsNoNumberStopsTheRun() throws {
    let folder = try TemporaryFolder()
    let text = "sentence\tscore\n" + (0..<40).map { "film \($0)\t\($0)e30\n" }.joined()
    _ = try folder.file("task.tsv", Array(text.utf8))
    let result = try runPare(
      ["train", model, "--task", "task.tsv", "--kind", "regression", "-o", "out/"],
      folder: folder.path)
    #expect(result.status == 1 && result.errors.contains("at step 1"), "\(result.errors)")
    #expect(try !folder.names().contains("out"))
  }

  @Test func frozenParametersStay() throws {
    let folder = try TemporaryFolder()
    #expect(
      try train("-o", "out/", "--freeze", "embeddings", "--freeze", "encoder.0", in: folder).status
        == 0)
    /// Without their names, which are TensorFlow's before and PyTorch's after.
    func embeddings(_ path: String) throws -> [String] {
      try runPare(["convert", path, "--to", "native", "-o", "-", "-q"], folder: folder.path).output
        .split(separator: "\n").filter { $0.hasPrefix("embeddings.") }
        .map { line in
          var parts = line.components(separatedBy: "\t")
          parts.remove(at: 1)
          return parts.joined(separator: " ")
        }
    }
    #expect(try embeddings(model) == embeddings("out") && embeddings("out").count == 5)
  }
}
