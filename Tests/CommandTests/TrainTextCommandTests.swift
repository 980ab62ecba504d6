import Documents
import Foundation
import TestSupport
import Testing

/// `pare train --text` as a user runs it.
@Suite struct TrainTextCommandTests {
  private let model = Places.sample("sst2-tiny")

  /// The sample's reviews without their labels.
  private func text(in folder: TemporaryFolder) throws -> String {
    let rows = String(decoding: try bytes(of: Places.sample("sentiment/dev.tsv")), as: UTF8.self)
      .split(separator: "\n").dropFirst().map { $0.split(separator: "\t")[0] }
    _ = try folder.file("text.txt", Array(rows.joined(separator: "\n").utf8))
    return "text.txt"
  }

  private func train(_ arguments: String..., in folder: TemporaryFolder) throws -> RunResult {
    try runPare(
      ["train", model, "--text", "text.txt", "--epochs", "4", "--batch-size", "16"] + arguments,
      folder: folder.path)
  }

  private func weights(_ folder: TemporaryFolder, _ name: String) throws -> [UInt8] {
    try bytes(of: "\(folder.path)/\(name)/model.safetensors")
  }

  /// A model that learned the very text that it is held against knows it better than at first, and the least loss is the one that is kept.
  @Test func theLeastLossIsKept() throws {
    let folder = try TemporaryFolder()
    let text = try text(in: folder)
    let result = try train(
      "--validation-text", text, "-o", "out/", "--learning-rate", "3e-3", "--metrics", "m.jsonl",
      in: folder)
    #expect(result.status == 0 && result.output.isEmpty, "\(result.errors)")
    #expect(result.errors.contains("perplexity "))
    let lines = try String(contentsOfFile: folder.path + "/m.jsonl", encoding: .utf8)
      .split(separator: "\n").map(String.init)
    let schema = try JSONSchema("metrics.schema.json")
    for line in lines { #expect(try schema.violations(of: line) == []) }
    let found = try lines.map { try JSON.parse(Array($0.utf8), file: "metrics") }
      .filter { $0["kind"]?.string == "evaluation" }
    #expect(found.allSatisfy { $0["metric"]?.string == "masked-lm-loss" } && found.count == 4)
    let losses = found.compactMap { $0["value"]?.number }
    var least = Double.infinity
    for (record, loss) in zip(found, losses) {
      #expect(record["best"]?.bool == (loss < least))
      least = min(least, loss)
    }
    #expect(least < losses[0] && least > 0)
    let said = try #require(result.errors.range(of: "wrote out/: masked-lm-loss "))
    let value = try #require(Double(result.errors[said.upperBound...].prefix(6)))
    #expect(abs(value - least) < 1e-4)
    let seen = try runPare(["inspect", "out"], folder: folder.path).output
    #expect(seen.contains("head masked-lm"))
    let augmented = try runPare(
      ["augment", model, "--mlm", "out", "--text", text, "-o", "more.txt", "--copies", "1"],
      folder: folder.path)
    #expect(augmented.status == 0, "\(augmented.errors)")
  }

  @Test func theSameSeedGivesTheSameBytesOnAnyNumberOfThreads() throws {
    let folder = try TemporaryFolder()
    _ = try text(in: folder)
    for (name, threads, seed) in [("a", "1", "7"), ("b", "3", "7"), ("c", "1", "8")] {
      let result = try train("-o", name + "/", "--threads", threads, "--seed", seed, in: folder)
      #expect(result.status == 0, "\(result.errors)")
    }
    #expect(try weights(folder, "a") == weights(folder, "b"))
    #expect(try weights(folder, "a") != weights(folder, "c"))
  }

  @Test(arguments: [0.3, 0.8]) func aKilledRunIsTakenUp(after seconds: Double) throws {
    let folder = try TemporaryFolder()
    _ = try text(in: folder)
    let arguments =
      "\(model) --text text.txt --epochs 8 --batch-size 16 --checkpoint-every 0 -o "
    #expect(try shell("pare train \(arguments) whole/", folder: folder.path).status == 0)
    let killed = try shell(
      "timeout -s KILL \(seconds) pare train \(arguments) cut/", folder: folder.path)
    if killed.status != 0 {
      let isBegun =
        try folder.names().contains(".cut.pare-run")
        && folder.names(".cut.pare-run").contains("state.safetensors")
      let rest = try shell(
        "pare train \(arguments) cut/ \(isBegun ? "--resume" : "")", folder: folder.path)
      #expect(rest.status == 0, "\(rest.errors)")
    }
    #expect(try weights(folder, "cut") == weights(folder, "whole"))
    #expect(try folder.names() == ["cut", "text.txt", "whole"])
  }

  @Test func aPlanIsShown() throws {
    let folder = try TemporaryFolder()
    _ = try text(in: folder)
    let result = try train("-o", "out/", "--dry-run", in: folder)
    #expect(result.status == 0 && result.errors.isEmpty)
    #expect(result.output.contains("hidden tokens of 90 sequences"), "\(result.output)")
    #expect(result.output.contains("held against 10 sequences held back from it"))
    #expect(try folder.names() == ["text.txt"])
  }

  @Test(arguments: [
    (["--text", "empty.txt"], Int32(3), "empty.txt: holds no text"),
    (["--text", "one.txt"], 3, "one.txt: has 1 example, but at least 2 are needed"),
    (["--text", "none.txt"], 3, "none.txt"),
    (["--text", "two.txt", "--validation-text", "empty.txt"], 3, "empty.txt: holds no text"),
    (["--text", "two.txt", "--task", "two.txt"], 2, "either --task or --text"),
    ([], 2, "either --task or --text"),
    (["--task", "two.txt", "--validation-text", "x"], 2, "train needs 'text'"),
    (["--text", "two.txt", "--kind", "pair"], 2, "--text takes lines"),
  ])
  func refuses(_ arguments: [String], _ status: Int32, _ message: String) throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("empty.txt", Array("\n \n".utf8))
    _ = try folder.file("one.txt", Array("a film\n".utf8))
    _ = try folder.file("two.txt", Array("a film\na bore\n".utf8))
    let result = try runPare(
      ["train", model, "-o", "out/"] + arguments, folder: folder.path)
    #expect(result.status == status && result.errors.contains(message), "\(result.errors)")
    #expect(try folder.names() == ["empty.txt", "one.txt", "two.txt"])
  }

  @Test func refusesAModelThatCanHaveNoSuchHead() throws {
    let folder = try TemporaryFolder()
    _ = try text(in: folder)
    let result = try runPare(
      ["train", Places.sample("bilstm/last-state"), "--text", "text.txt", "-o", "out/"],
      folder: folder.path)
    #expect(result.status == 3, "\(result.errors)")
    #expect(try folder.names() == ["text.txt"])
  }
}
