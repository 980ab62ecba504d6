import Documents
import Foundation
import TestSupport
import Testing

/// `pare report` and `pare compare` as a user runs them.
@Suite struct ReportCommandTests {
  private let tiny = Places.sample("bert-tiny")
  private let reviews = Places.sample("tasks/reviews")

  private func json(_ arguments: [String]) throws -> JSON {
    let result = try runPare(arguments + ["--json"])
    try #require(result.status == 0, "\(result.errors)")
    return try JSON.parse([UInt8](result.output.utf8), file: "output")
  }

  /// bert-tiny in BF16.
  private func half(in folder: TemporaryFolder) throws -> String {
    let path = folder.path + "/half"
    let result = try pare("cast", tiny, "--dtype", "BF16", "-o", path)
    try #require(result.status == 0, "\(result.errors)")
    return path
  }

  /// Against what torch, numpy and scipy say: `samples/make_report_goldens.py`.
  @Test func everyTensorIsAsTheGoldensSay() throws {
    let golden = try #require(JSON.read(Places.sample("golden/report.json"))["bf16"]?.members)
    let folder = try TemporaryFolder()
    let report = try json(["report", half(in: folder), "--against", tiny])
    let after = try #require(report["models"]?.array?.first?["parameters"]?.array)
    let before = try #require(report["reference"]?["parameters"]?.array)
    func figures(_ name: String, _ list: [JSON]) throws -> JSON {
      try #require(list.first { $0["name"]?.string == name }, "\(name)")
    }
    func isNear(_ found: JSON?, _ expected: JSON?) -> Bool {
      guard let found = found?.number, let expected = expected?.number else { return false }
      return (found - expected).magnitude <= 1e-9 * max(1e-3, expected.magnitude)
    }
    for (name, expected) in golden {
      let (old, new) = (try figures(name, before), try figures(name, after))
      #expect(isNear(new["error"]?["relative"], expected["relative"]), "\(name)")
      #expect(new["error"]?["maximum"]?.number == expected["maximum"]?.number, "\(name)")
      #expect(new["nonzeroParameters"] == expected["nonzero"], "\(name)")
      let bits = (old["bound"]?["bytes"]?.number, new["bound"]?["bytes"]?.number)
      #expect(isNear(bits.0.map { .number(8 * $0) }, expected["entropyF32"]), "\(name)")
      #expect(isNear(bits.1.map { .number(8 * $0) }, expected["entropyBF16"]), "\(name)")
    }
    #expect(golden.count == 46)
  }

  /// Against torch's own counter.
  @Test(arguments: ["token-classification", "question-answering", "masked-lm"])
  func operationsAreThoseThatTorchCounts(_ head: String) throws {
    let golden = try JSON.read(Places.sample("golden/report.json"))
    let tokens = try #require(golden["tokens"]?.integer)
    let report = try json(["report", Places.sample("heads/\(head)"), "--length", "\(tokens)"])
    let operations = report["models"]?.array?.first?["operations"]
    #expect(operations?["count"] == golden["operations"]?[head])
    #expect(operations?["tokens"] == golden["tokens"])
  }

  @Test func componentsAddUpToTheFile() throws {
    let model = try #require(try json(["report", tiny])["models"]?.array?.first)
    let size = try bytes(of: tiny + "/model.safetensors").count
    let components = try #require(model["components"]?.array)
    #expect(components.reduce(0) { $0 + ($1["bytes"]?.integer ?? 0) } == size)
    #expect(model["bytes"]?.integer == size && model["counts"]?["denseParameters"] == 6186)
    #expect(model["error"] == .null && model["result"] == .null)
    #expect(
      model["bitsPerWeight"]?.number.map { ($0 - 8 * Double(size) / 6186).magnitude < 1e-9 }
        ?? false)
  }

  @Test func schemasAreKept() throws {
    let folder = try TemporaryFolder()
    let half = try half(in: folder)
    let sst2 = Places.sample("sst2-tiny")
    for arguments in [
      ["report", tiny], ["report", half, tiny, "--against", tiny],
      ["report", sst2, "--task", reviews, "--latency-sentences", "1"],
      ["report", Places.sample("families/albert-masked-lm")],
    ] {
      let result = try runPare(arguments + ["--json"])
      #expect(result.status == 0, "\(result.errors)")
      #expect(try JSONSchema("report.schema.json").violations(of: result.output) == [])
    }
    for arguments in [["compare", tiny, half], ["compare", sst2, sst2, "--task", reviews]] {
      let result = try runPare(arguments + ["--json"])
      #expect(try JSONSchema("compare.schema.json").violations(of: result.output) == [])
    }
    #expect(try !JSONSchema("compare.schema.json").violations(of: "{}").isEmpty)
  }

  @Test func theRecipeInTheFileIsShown() throws {
    let folder = try TemporaryFolder()
    let report = try pare("report", half(in: folder))
    #expect(report.output.contains("cast: {dtype: BF16}"))
  }

  @Test func formsByTheEndingOfAFile() throws {
    let folder = try TemporaryFolder()
    for (ending, start) in [
      ("html", "<!DOCTYPE html>"), ("md", "# "), ("json", "{"), ("txt", tiny),
    ] {
      let path = "\(folder.path)/report.\(ending)"
      let result = try pare("report", tiny, "-o", path)
      #expect(result.status == 0 && result.output.isEmpty, "\(result.errors)")
      #expect(String(decoding: try bytes(of: path), as: UTF8.self).hasPrefix(start))
      #expect(try pare("report", tiny, "-o", path).status == 4)
      #expect(try pare("compare", tiny, tiny, "-o", path, "--force").status == 0)
    }
    #expect(try folder.names().count == 4)
  }

  @Test func accuracyOfBothFiles() throws {
    let model = Places.sample("sst2-tiny")
    let text = try pare("report", model, "--against", model, "--task", reviews).output
    #expect(text.contains("accuracy") && text.contains("±0.00 points"))
    #expect(text.contains("latency, median") && text.contains("3 examples"))
    let table = try pare("compare", model, model, "--task", reviews).output
    #expect(table.contains("accuracy") && table.contains("1.00"))
  }

  @Test func threadsChangeNothing() throws {
    let folder = try TemporaryFolder()
    let half = try half(in: folder)
    let outputs = try ["1", "4"].map {
      try pare("report", half, "--against", tiny, "--json", "--threads", $0).output
    }
    #expect(outputs[0] == outputs[1] && !outputs[0].isEmpty)
  }

  @Test func inputsAreNeverTouched() throws {
    let folder = try TemporaryFolder()
    for name in ["model.safetensors", "config.json"] {
      _ = try folder.file(name, bytes(of: "\(tiny)/\(name)"))
    }
    let path = folder.path + "/config.json"
    let before = try bytes(of: path)
    for model in [folder.path, folder.path + "/model.safetensors"] {
      let result = try pare("report", model, "-o", path, "--force")
      #expect(result.status == 2 && result.errors.contains("is the input itself"))
    }
    #expect(try bytes(of: path) == before)
  }

  @Test func whatCannotBe() throws {
    for arguments in [
      ["report"], ["compare", tiny], ["report", tiny, "-o", "report.pdf"],
      ["report", tiny, "--length", "0"], ["report", tiny, "--json", "-o", "a.json"],
    ] {
      let result = try runPare(arguments)
      #expect(result.status == 2 && result.output.isEmpty, "\(arguments)")
    }
    #expect(try pare("report", "samples/none").status == 3)
    #expect(try pare("report", tiny, "--against", "samples/none").status == 3)
    #expect(try pare("report", tiny, "-o", "none/report.md").status == 4)
  }
}
