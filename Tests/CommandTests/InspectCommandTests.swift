import Documents
import Foundation
import TestSupport
import Testing

@Suite struct InspectCommandTests {
  private func inspect(_ path: String, _ options: String...) throws -> JSON {
    let result = try runPare(["inspect", path, "--json"] + options)
    try #require(result.status == 0, "\(result.errors)")
    return try JSON.parse([UInt8](result.output.utf8), file: "output")
  }

  /// One tiny model, in every container that the genuine libraries wrote it in.
  @Test(arguments: [
    ("bert-tiny/model.safetensors", "safetensors", "bert"),
    ("bert-tiny", "safetensors", "bert"),
    ("bert-tiny-sharded", "safetensors", "bert"),
    ("bert-tiny-tf", "tf-h5", "tf-bert"),
    ("bert-tiny-tf-sharded", "tf-h5", "tf-bert"),
    ("bert-tiny-tf-safetensors", "safetensors", "tf-bert"),
  ])
  func oneModelInEveryContainer(_ sample: String, _ format: String, _ dialect: String) throws {
    let report = try inspect(Places.sample(sample))
    #expect(report["schema"] == "pare.inspect/1")
    #expect(report["format"]?.string == format)
    #expect(report["dialect"]?.string == dialect)
    let architecture = try #require(report["architecture"])
    #expect(architecture["family"] == "bert")
    #expect(architecture["layers"] == 2 && architecture["hidden"] == 16)
    #expect(architecture["heads"] == [2, 2] && architecture["intermediate"] == [32, 32])
    #expect(architecture["vocabulary"] == 40 && architecture["positions"] == 24)
    #expect(architecture["types"] == 2 && architecture["head"] == "pre-training")
    // 40·16 + 24·16 + 2·16 + 32 of embeddings, 2·2,224 of layers, 272 pooler, 344 + 34 of heads.
    #expect(report["counts"]?["uniqueParameters"] == 6186)
    #expect(report["counts"]?["nonzeroParameters"] == .null)
  }

  @Test func statisticsCountZeros() throws {
    let report = try inspect(Places.sample("bert-tiny"), "--statistics")
    let nonzero = try #require(report["counts"]?["nonzeroParameters"]?.integer)
    #expect(nonzero > 0 && nonzero <= 6186)
    let first = try #require(report["tensors"]?.array?.first?["statistics"])
    #expect(first["minimum"]!.number! < first["maximum"]!.number!)
    #expect(first["nans"] == 0)
  }

  @Test func severalModelsAreALineEach() throws {
    let result = try pare(
      "inspect", "--json", Places.sample("bert-tiny"), Places.sample("heads/model"))
    let lines = result.output.split(separator: "\n")
    #expect(lines.count == 2 && result.status == 0)
    for line in lines { _ = try JSON.parse([UInt8](line.utf8), file: "line") }
  }

  @Test func aSummaryForPeople() throws {
    let result = try pare("inspect", "samples/bert-tiny")
    #expect(result.status == 0 && result.errors.isEmpty)
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == "samples/bert-tiny")
    #expect(
      lines[1]
        == "  BERT, 2 layers, hidden 16, heads 2, FFN 32, vocabulary 40, positions 24, types 2, head pre-training"
    )
    #expect(result.output.contains("embeddings"))
    #expect(result.output.contains("6,186 parameters"))
  }

  @Test func layersAreCollapsedUnlessFull() throws {
    let short = try pare("inspect", "samples/bert-tiny", "--tensors")
    #expect(short.output.contains("bert.encoder.layer.#.attention.self.query.weight"))
    let full = try pare("inspect", "samples/bert-tiny", "--tensors", "--full")
    #expect(full.output.contains("bert.encoder.layer.1.attention.self.query.weight"))
    #expect(!full.output.contains("#"))
  }

  @Test func oneBadModelDoesNotHideTheOthers() throws {
    let result = try pare("inspect", "samples/none", "samples/bert-tiny")
    #expect(result.status == 3)
    #expect(result.output.contains("6,186"))
    #expect(result.errors.contains("samples/none"))
  }

  @Test func closedPipesAreNoError() throws {
    let result = try shell(
      "pare inspect --tensors --full samples/bert-tiny samples/bert-tiny | head -n 1")
    #expect(result.status == 0 && result.errors.isEmpty)
  }
}
