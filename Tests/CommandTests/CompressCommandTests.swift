import Foundation
import TestSupport
import Testing

@Suite struct CompressCommandTests {
  private let folder = try! TemporaryFolder()
  private var model: String { Places.sample("sst2-tiny") }
  private var task: String { Places.sample("sentiment") }

  private func accuracy(of path: String) throws -> Double {
    let result = try pare("evaluate", path, "--task", task, "--json", "--latency-sentences", "0")
    try #require(result.status == 0, "\(result.errors)")
    let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
    let document = try #require(object as? [String: Any])
    let score = try #require(document["value"] as? Double)
    return score
  }

  private func weights(in path: String) throws -> [UInt8] {
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    let name = try #require(names.first { $0.hasPrefix("model.") })
    return try bytes(of: "\(path)/\(name)")
  }

  /// The text under a key of a safetensors header's metadata.
  private func metadata(_ key: String, of path: String) throws -> String? {
    let data = try weights(in: path)
    let length = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let object = try JSONSerialization.jsonObject(with: Data(data[8..<(8 + length)]))
    let metadata = (object as? [String: Any])?["__metadata__"] as? [String: String]
    return metadata?[key]
  }

  /// Those without trainings, which are for another model and take hours.
  static let recipes = try! FileManager.default
    .contentsOfDirectory(atPath: Places.sample("recipes")).filter { $0.hasSuffix(".yaml") }
    .filter {
      try! !String(contentsOfFile: Places.sample("recipes/\($0)"), encoding: .utf8)
        .contains("- distill:")
    }.sorted()

  /// Each of these recipes runs on the sample model, into our format and a folder, which hold the same model.
  @Test(arguments: recipes)
  func sampleRecipesRun(_ recipe: String) throws {
    let path = Places.sample("recipes/\(recipe)")
    let (small, dense) = ("\(folder.path)/small", "\(folder.path)/dense")
    for (output, format) in [(small, "pare"), (dense, "safetensors")] {
      let result = try pare(
        "compress", model, "--recipe", path, "-o", output, "--to", format)
      try #require(result.status == 0, "\(result.errors)")
    }
    let original = try bytes(of: "\(model)/tf_model.h5").count
    #expect(try weights(in: small).count < original * 2 / 3)
    let scores = (try accuracy(of: small), try accuracy(of: dense))
    #expect(abs(scores.0 - scores.1) < 0.011, "\(scores)")
    #expect(scores.0 > 0.45)
  }

  /// What made an output stands in it, and makes it again bit for bit, with any number of threads.
  @Test func theStoredRecipeMakesTheSameBytes() throws {
    let (first, second) = ("\(folder.path)/first", "\(folder.path)/second")
    let chain = [
      "--pass", "prune sparsity=0.6 only=encoder.*.ffn", "--pass", "quantize bits=6 only=encoder",
    ]
    var result = try runPare(
      ["compress", model, "-o", first, "--to", "pare", "--threads", "1"] + chain)
    try #require(result.status == 0, "\(result.errors)")
    let recipe = try #require(try metadata("pare.recipe", of: first))
    let file = try folder.file("stored.yaml", [UInt8](recipe.utf8))
    result = try pare(
      "compress", model, "-o", second, "--to", "pare", "--recipe", file, "--threads", "3")
    try #require(result.status == 0, "\(result.errors)")
    #expect(try weights(in: first) == weights(in: second))
  }

  @Test func aPassAloneIsAChainOfOne() throws {
    let (first, second) = ("\(folder.path)/first", "\(folder.path)/second")
    _ = try pare(
      "prune", model, "--sparsity", "0.5", "--scope", "layer", "-o", first, "--to", "pare")
    _ = try pare(
      "compress", model, "--pass", "prune sparsity=0.5 scope=layer", "-o", second, "--to", "pare")
    #expect(try weights(in: first) == weights(in: second))
  }

  @Test func reportsAreWrittenInEveryForm() throws {
    let paths = ["md", "json", "html", "txt"].map { "\(folder.path)/report.\($0)" }
    let result = try runPare(
      [
        "quantize", model, "--bits", "4", "-o", "\(folder.path)/out", "--to", "pare", "--task",
        task,
      ]
        + paths.flatMap { ["--report", $0] })
    try #require(result.status == 0, "\(result.errors)")
    #expect(result.output.isEmpty)
    for path in paths {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      #expect(text.contains("accuracy") && text.contains("quantize: {bits: 4}"), "\(path)")
    }
    let again = try runPare([
      "quantize", model, "-o", "\(folder.path)/other", "--report", paths[0],
    ])
    #expect(again.status == 4)
    #expect(try !folder.names().contains("other"))
  }

  @Test(arguments: [
    (["compress", "--pass", "prnue sparsity=0.5"], "did you mean 'prune'?"),
    (["compress", "--pass", "prune sparsty=0.5"], "did you mean 'sparsity'?"),
    (["compress"], "one of --recipe, --pass, --target-size"),
    (["prune", "--sparsity", "1.5"], "'sparsity' takes a number from"),
    (["prune", "--sparsity", "0.5", "--only", "nothing"], "none matches --only and --except"),
    (["factorize", "--rank", "120"], "rank"),
    (["quantize", "--bits", "9"], "'bits' takes a whole number from 2 to 8"),
  ])
  func mistakesAreSaidAndLeaveNothing(_ arguments: [String], _ message: String) throws {
    let output = "\(folder.path)/out"
    let result = try runPare(arguments + [model, "-o", output])
    #expect([2, 3].contains(result.status) && result.errors.contains(message), "\(result.errors)")
    #expect(try folder.names().isEmpty)
  }

  @Test func aPlanIsShownAndNothingDone() throws {
    let result = try pare(
      "prune", model, "--sparsity", "0.5", "-o", "\(folder.path)/out/", "--dry-run")
    #expect(result.status == 0 && result.output.contains("encoder"))
    #expect(try folder.names().isEmpty)
  }
}
