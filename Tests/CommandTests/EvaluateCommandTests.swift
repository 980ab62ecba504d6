import Documents
import Foundation
import TestSupport
import Testing

/// `pare evaluate` as a user runs it.
@Suite struct EvaluateCommandTests {
  private let model = Places.sample("sst2-tiny")
  private let reviews = Places.sample("tasks/reviews")

  private func report(_ arguments: String...) throws -> JSON {
    let result = try runPare(["evaluate", "--json"] + arguments)
    try #require(result.status == 0, "\(result.errors)")
    #expect(try JSONSchema("evaluate.schema.json").violations(of: result.output) == [])
    return try JSON.parse([UInt8](result.output.utf8), file: "output")
  }

  /// A folder with the parts of some samples.
  private func folder(_ parts: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for part in parts {
      _ = try folder.file(
        part.split(separator: "/").last.map(String.init) ?? part, bytes(of: Places.sample(part)))
    }
    return folder
  }

  private func tiny(_ head: String) throws -> TemporaryFolder {
    try folder([
      "encoders/bert/\(head)/model.safetensors", "encoders/bert/\(head)/config.json",
      "bert-tiny/vocab.txt", "bert-tiny/tokenizer_config.json",
    ])
  }

  @Test func reportsWhatItMeasured() throws {
    let report = try report(model, "--task", reviews, "--threads", "2")
    #expect(report["metric"] == "accuracy" && report["kind"] == "classification")
    let (value, examples) = (report["value"]!.number!, report["examples"]!.integer!)
    #expect(examples == 3 && [0, 1.0 / 3, 2.0 / 3, 1].contains { abs($0 - value) < 1e-9 })
    let interval = report["interval"]!.array!.map { $0.number! }
    #expect(interval[0] <= value && value <= interval[1] && interval[1] > interval[0])
    #expect(report["throughput"]!.number! > 0)
    #expect(report["latency"]?["sentences"] == 3)
    #expect(report["compute"] == "exact" && report["bytes"] == 5_168_384)
    #expect(report["notes"]?.array?.contains("1 empty line skipped") == true)
  }

  /// The genuine accuracy of both real models, and PyTorch's own logits of one.
  @Test(.enabled(if: Places.shared("models/minilm-sst2") != nil, "needs ../shared"))
  func realModelsAreAsGoodAsInPyTorch() throws {
    let task = try #require(Places.shared("data/sst2"))
    let small = try report(model, "--task", task)
    #expect(abs(small["value"]!.number! - 0.8349) < 5e-5)
    let path = try #require(Places.shared("models/minilm-sst2"))
    let folder = try TemporaryFolder()
    let predictions = try folder.file("predictions.tsv")
    let large = try report(path, "--task", task, "--predictions", predictions)
    #expect(abs(large["value"]!.number! - 0.8956) < 5e-5)
    let found = try columns(predictions).map { [$0[3], $0[4]] }
    let expected = try columns("\(path)/dev-logits.tsv")
    #expect(found.count == 872 && expected.count == 872)
    for (found, expected) in zip(found, expected) {
      #expect(zip(found, expected).allSatisfy { abs(Double($0)! - Double($1)!) < 1e-3 })
    }
    let integers = try report(path, "--task", task, "--compute", "int8")
    #expect(integers["compute"] == "int8")
    #expect(integers["value"]!.number! >= large["value"]!.number! - 0.003)
  }

  /// The rows of a table below its heading.
  private func columns(_ path: String) throws -> [[String]] {
    String(decoding: try bytes(of: path), as: UTF8.self).split(separator: "\n").dropFirst().map {
      $0.split(separator: "\t").map(String.init)
    }
  }

  @Test func aConvertedTwinGivesTheSameLogitsToTheBit() throws {
    let folder = try TemporaryFolder()
    let twin = try folder.file("twin")
    #expect(try pare("convert", model, "-o", twin + "/").status == 0)
    let (first, second) = (try folder.file("first.tsv"), try folder.file("second.tsv"))
    let task = Places.sample("sentiment")
    #expect(try pare("evaluate", model, "--task", task, "--predictions", first).status == 0)
    let options = ["--predictions", second, "--threads", "1", "--batch-size", "7"]
    #expect(try runPare(["evaluate", twin, "--task", task] + options).status == 0)
    #expect(try bytes(of: first) == bytes(of: second))
    #expect(try columns(first).count > 90)
  }

  @Test func everyKindOfTaskRuns() throws {
    let tagger = try tiny("token-classification")
    let sentences = try tagger.file(
      "dev.conll", Array("the B-PER\nplot I-PER\nwas O\n\nfun B-LOC\n".utf8))
    let tags = try report(tagger.path, "--task", sentences)
    #expect(tags["kind"] == "tags" && tags["metric"] == "entity-f1")
    let answers = try tiny("question-answering")
    let qa = try report(answers.path, "--task", Places.sample("tasks/answers"))
    #expect(qa["kind"] == "qa" && qa["metric"] == "squad-f1")
    #expect(qa["sequences"]!.integer! > qa["examples"]!.integer!, "contexts take several windows")
    let sentence = Places.sample("encoders/sentence/mean")
    let similar = try report(sentence, "--task", Places.sample("tasks/similar"))
    #expect(similar["kind"] == "similarity" && similar["metric"] == "spearman")
    let classifier = try tiny("sequence-classification")
    let pairs = try classifier.file(
      "dev.csv", Array("sentence1,sentence2,label\nfun,dull,neutral\nbad,bore,2\n".utf8))
    #expect(try report(classifier.path, "--task", pairs)["kind"] == "pair")
  }

  @Test func predictionsAreWrittenForEveryKind() throws {
    let tagger = try tiny("token-classification")
    let sentences = try tagger.file("dev.conll", Array("the B-PER\nplot I-PER\n\nfun O\n".utf8))
    let tags = try pare("evaluate", tagger.path, "--task", sentences, "--predictions", "-")
    let lines = tags.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 6 && lines[0].hasPrefix("the\tB-PER\t") && lines[2].isEmpty)
    let answers = try tiny("question-answering")
    let qa = try pare(
      "evaluate", answers.path, "--task", Places.sample("tasks/answers"), "--predictions", "-")
    let object = try JSON.parse([UInt8](qa.output.utf8), file: "output")
    #expect(object.members?.isEmpty == false)
    #expect(object.members?.allSatisfy { $0.value.string != nil } == true)
  }

  @Test func aMinimumIsAGate() throws {
    let passed = try pare("evaluate", model, "--task", reviews, "--min", "0")
    #expect(passed.status == 0)
    let failed = try pare("evaluate", model, "--task", reviews, "--min", "1.01")
    #expect(failed.status == 1 && failed.output.contains("accuracy"))
    #expect(failed.errors.contains("accuracy is") && failed.errors.contains("1.0100"))
  }

  @Test func aModelAgreesWithItself() throws {
    let report = try report(model, "--task", Places.sample("sentiment"), "--against", model)
    let agreement = try #require(report["agreement"])
    #expect(agreement["share"]?.number == 1 && agreement["greatestScoreError"]?.number == 0)
    #expect(agreement["klDivergence"]?.number == 0)
    let folder = try TemporaryFolder()
    let half = try folder.file("half")
    #expect(try pare("convert", model, "-o", half + "/", "--dtype", "BF16").status == 0)
    let other = try self.report(half, "--task", Places.sample("sentiment"), "--against", model)
    let error = try #require(other["agreement"]?["greatestScoreError"]?.number)
    #expect(error > 0 && error < 0.5)
    #expect(other["agreement"]!["klDivergence"]!.number! > 0)
    #expect(other["agreement"]?["value"] == report["value"])
  }

  @Test func textIsAlignedAndQuietSaysNoNotes() throws {
    let result = try pare("evaluate", model, "--task", reviews)
    #expect(result.status == 0 && result.errors.isEmpty)
    #expect(result.output.hasPrefix("\(model) on \(reviews)/dev.tsv, 3 examples\n"))
    #expect(result.output.contains("  note: 1 empty line skipped"))
    let quiet = try pare("evaluate", model, "--task", reviews, "--quiet")
    #expect(!quiet.output.contains("note:"))
    #expect(result.output.split(separator: "\n").allSatisfy { !$0.hasSuffix(" ") })
  }
}
