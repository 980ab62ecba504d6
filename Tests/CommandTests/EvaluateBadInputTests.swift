import Documents
import Foundation
import TestSupport
import Testing

/// What `pare evaluate` says to input that it cannot use: the code, the place, what would help.
@Suite struct EvaluateBadInputTests {
  private let model = Places.sample("sst2-tiny")
  private let reviews = Places.sample("tasks/reviews")

  private func copy(_ names: [String], of sample: String = "sst2-tiny") throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in names { _ = try folder.file(name, bytes(of: Places.sample("\(sample)/\(name)"))) }
    return folder
  }

  private func failure(_ arguments: String..., code: Int32 = 3) throws -> String {
    let result = try runPare(["evaluate"] + arguments)
    #expect(result.status == code, "\(result.errors)")
    #expect(result.output.isEmpty)
    return result.errors
  }

  @Test func aModelWithoutAVocabulary() throws {
    let folder = try copy(["tf_model.h5", "config.json"])
    let message = try failure(folder.path, "--task", reviews)
    #expect(message.contains(folder.path) && message.contains("vocab.txt"))
  }

  @Test func aVocabularyOfAnotherModel() throws {
    let folder = try copy(["tf_model.h5", "config.json", "vocab.txt"])
    var words = try bytes(of: Places.sample("sst2-tiny/vocab.txt"))
    words += Array("one\ntwo\nthree\n".utf8)
    _ = try folder.file("vocab.txt", words)
    let message = try failure(folder.path, "--task", reviews)
    #expect(message.contains("6605 tokens") && message.contains("6602 words"))
  }

  @Test func aSmallerVocabularyIsSaid() throws {
    let folder = try copy(["tf_model.h5", "config.json", "vocab.txt"])
    let words = String(decoding: try bytes(of: Places.sample("sst2-tiny/vocab.txt")), as: UTF8.self)
    let fewer = words.split(separator: "\n").dropLast(2).joined(separator: "\n") + "\n"
    _ = try folder.file("vocab.txt", Array(fewer.utf8))
    let result = try pare("evaluate", folder.path, "--task", reviews)
    #expect(result.status == 0 && result.output.contains("6600 tokens"))
  }

  @Test func weightsThatAreNotNumbers() throws {
    let folder = try copy(
      ["model.safetensors", "config.json"], of: "encoders/bert/sequence-classification")
    _ = try folder.file("vocab.txt", bytes(of: Places.sample("bert-tiny/vocab.txt")))
    var weights = try bytes(of: folder.path + "/model.safetensors")
    weights[weights.count - 1] = 0x7F
    weights[weights.count - 2] = 0xFF
    _ = try folder.file("model.safetensors", weights)
    let task = try folder.file("dev.tsv", Array("sentence\tlabel\nfun\tpositive\n".utf8))
    let message = try failure(folder.path, "--task", task)
    #expect(message.contains("tensor '") && message.contains("model.safetensors"))
    #expect(message.contains("NaN"))
  }

  @Test func textsBeyondThePositionsAreCutAndCounted() throws {
    let folder = try TemporaryFolder()
    let long = String(repeating: "good ", count: 400)
    let task = try folder.file("dev.tsv", Array("sentence\tlabel\n\(long)\t1\nfun\t1\n".utf8))
    let result = try pare("evaluate", model, "--task", task, "--labels", "negative,positive")
    #expect(result.status == 0 && result.output.contains("1 text was cut to 128 tokens"))
    let json = try pare(
      "evaluate", model, "--task", task, "--labels", "negative,positive", "--json",
      "--max-length", "16")
    let report = try JSON.parse([UInt8](json.output.utf8), file: "output")
    #expect(report["truncated"] == 1 && report["tokenLimit"] == 16)
  }

  @Test func labelsThatTheModelLacks() throws {
    let folder = try TemporaryFolder()
    let task = try folder.file(
      "dev.tsv", Array("sentence\tlabel\nfun\tpositive\nbad\tawful\n".utf8))
    let message = try failure(model, "--task", task)
    #expect(message.contains("line 3") && message.contains("awful"))
    #expect(message.contains("negative, positive"))
  }

  @Test func rowsWithMissingColumns() throws {
    let folder = try TemporaryFolder()
    let task = try folder.file("dev.tsv", Array("sentence\tlabel\nfun\t1\nbad\n".utf8))
    #expect(try failure(model, "--task", task).contains("line 3"))
  }

  @Test func invalidTextIsReplacedAndCounted() throws {
    let folder = try TemporaryFolder()
    let task = try folder.file(
      "dev.tsv", Array("sentence\tlabel\nfun ".utf8) + [0xFF, 0xC3] + Array("\t1\n\nbad\t0\n".utf8))
    let result = try pare("evaluate", model, "--task", task)
    #expect(result.status == 0)
    #expect(result.output.contains("invalid UTF-8") && result.output.contains("1 empty line"))
  }

  @Test func aHeadThatDoesNotFitTheTask() throws {
    let message = try failure(model, "--task", Places.sample("tasks/entities"))
    #expect(message.contains("'tags'") && message.contains("sequence-classification"))
  }

  @Test func aModelThatIsNone() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("model.safetensors", bytes(of: Places.sample("hdf5/contiguous.h5")))
    #expect(try failure(folder.path, "--task", reviews).contains("model.safetensors"))
    #expect(try failure(folder.path + "/none", "--task", reviews).contains("none"))
  }

  @Test func aTaskThatIsNone() throws {
    #expect(try failure(model, "--task", "/nowhere").contains("/nowhere"))
    let message = try failure(model, "--task", reviews, "--split", "test", code: 2)
    #expect(message.contains("dev.tsv"))
  }

  @Test func optionsThatMakeNoSense() throws {
    _ = try failure(model, "--task", reviews, "--metric", "squad-f1", code: 2)
    _ = try failure(model, "--task", reviews, "--batch-size", "0", code: 2)
    _ = try failure(model, "--task", reviews, "--max-length", "2", code: 2)
    _ = try failure(model, "--task", reviews, "--compute", "fast", code: 2)
    _ = try failure(model, code: 2)
  }

  @Test func predictionsReplaceNothingUnasked() throws {
    let folder = try TemporaryFolder()
    let file = try folder.file("predictions.tsv", [1])
    let result = try pare("evaluate", model, "--task", reviews, "--predictions", file)
    #expect(result.status == 4)
    #expect(try bytes(of: file) == [1])
    #expect(
      try pare("evaluate", model, "--task", reviews, "--predictions", file, "--force").status == 0)
    #expect(try folder.names() == ["predictions.tsv"])
  }
}
