import Documents
import Foundation
import TestSupport
import Testing

/// Every command on BiLSTM students, from each of their containers.
@Suite struct BiLSTMCommandTests {
  private let folder = try! TemporaryFolder()
  private let model = Places.sample("bilstm/last-state")
  private let task = Places.sample("sentiment")

  private func json(_ arguments: String..., schema: String) throws -> JSON {
    let result = try runPare(arguments + ["--json"])
    try #require(result.status == 0, "\(result.errors)")
    #expect(try JSONSchema(schema).violations(of: result.output) == [])
    return try JSON.parse([UInt8](result.output.utf8), file: "output")
  }

  private func succeed(_ arguments: String...) throws {
    let result = try runPare(arguments)
    try #require(result.status == 0, "\(result.errors)")
  }

  /// The parameters as text: role, shape and checksum, without names in files.
  private func parameters(_ path: String) throws -> [String] {
    let output = "\(folder.path)/\(UUID().uuidString).native"
    try succeed("convert", path, "-o", output, "--to", "native")
    let text = String(decoding: try bytes(of: output), as: UTF8.self)
    let lines = text.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
    return lines.filter { $0.count == 5 && !$0[0].hasPrefix("addend") }.map {
      "\($0[0]) \($0[2]) \($0[4].prefix(14))"
    }.sorted()
  }

  private func predictions(_ path: String, _ task: String) throws -> [UInt8] {
    let file = "\(folder.path)/\(UUID().uuidString).tsv"
    try succeed("evaluate", path, "--task", task, "--predictions", file, "--quiet")
    return try bytes(of: file)
  }

  /// All numbers among the predictions on the demo's task.
  private func scores(_ path: String) throws -> [Double] {
    String(decoding: try predictions(path, task), as: UTF8.self)
      .split { "\t\n".contains($0) }.compactMap { Double($0) }
  }

  @Test(arguments: [
    ("last-state", "safetensors", "bilstm"), ("keras2/last-state.h5", "tf-h5", "tf-bilstm"),
    ("keras2/last-state-whole.h5", "tf-h5", "tf-bilstm"),
    ("keras2/last-state.weights.h5", "keras3", "keras-bilstm"),
    ("keras3/last-state.weights.h5", "keras3", "keras-bilstm"),
  ]) func oneModelInEveryContainer(_ file: String, _ format: String, _ dialect: String) throws {
    let report = try json(
      "inspect", Places.sample("bilstm/\(file)"), schema: "inspect.schema.json")
    #expect(report["format"]?.string == format && report["dialect"]?.string == dialect)
    #expect(report["architecture"]?["family"] == "bilstm")
    #expect(report["architecture"]?["hidden"] == 5 && report["architecture"]?["projection"] == 8)
    #expect(report["counts"]?["uniqueParameters"] == 835)
    let components = report["components"]?.array?.compactMap { $0["name"]?.string }
    #expect(components == ["embeddings", "lstm", "projection", "head"])
    let shares = report["components"]?.array?.compactMap { $0["parameters"]?.integer }
    #expect(shares == [240, 480, 88, 27])
  }

  /// What is converted from PyTorch holds what Keras itself holds, and the other way round.
  @Test func conversionsHoldTheSame() throws {
    let expected = try parameters(model)
    #expect(expected.count == 11)
    for name in [
      "keras2/last-state.h5", "keras2/last-state-whole.h5", "keras2/last-state.weights.h5",
      "keras3/last-state.weights.h5",
    ] { #expect(try parameters(Places.sample("bilstm/\(name)")) == expected, "\(name)") }
    var previous = model
    for name in ["a.h5", "b.weights.h5", "c.pare.safetensors", "d.h5", "e.safetensors", "f.hdf5"] {
      let output = "\(folder.path)/\(name)"
      try succeed("convert", previous, "-o", output)
      #expect(try parameters(output) == expected, "\(name)")
      previous = output
    }
  }

  /// A file of Keras's own, read and written again, has the same datasets.
  @Test func kerasNamesAreWrittenAsTheyWere() throws {
    func names(_ path: String) throws -> [String?] {
      let tensors = try json("inspect", path, schema: "inspect.schema.json")["tensors"]?.array
      return (tensors ?? []).map { $0["name"]?.string }
    }
    for (name, output) in [
      ("keras2/last-state.h5", "again.h5"), ("keras3/last-state.weights.h5", "again.weights.h5"),
    ] {
      let path = "\(folder.path)/\(output)"
      try succeed("convert", model, "-o", path)
      #expect(try names(path) == names(Places.sample("bilstm/\(name)")))
    }
  }

  @Test func folderOutputsSayWhatTheyAre() throws {
    let output = "\(folder.path)/from-keras/"
    try succeed("convert", Places.sample("bilstm/keras2/last-state.h5"), "-o", output)
    let configuration = try JSON.read(output + "config.json")
    #expect(configuration["model_type"] == "bilstm" && configuration["readout"] == "last-state")
    #expect(configuration["hidden_size"] == 5 && configuration["hidden_act"] == "gelu_new")
    let report = try json("inspect", output, schema: "inspect.schema.json")
    #expect(report["diagnostics"]?.array?.allSatisfy { $0["severity"] == "note" } == true)
  }

  @Test func sequencesAreClassified() throws {
    for readout in ["last-state", "max-pool"] {
      let report = try json(
        "evaluate", Places.sample("bilstm/\(readout)"), "--task", task, "--latency-sentences", "3",
        schema: "evaluate.schema.json")
      #expect(report["examples"] == 100 && report["metric"] == "accuracy")
    }
    let reference = try predictions(model, task)
    for name in ["b.h5", "b.weights.h5"] {
      let output = "\(folder.path)/\(name)"
      try succeed("convert", model, "-o", output)
      for file in ["config.json", "vocab.txt", "tokenizer_config.json"] {
        let target = try folder.file(file)
        if !FileManager.default.fileExists(atPath: target) {
          try FileManager.default.copyItem(atPath: "\(model)/\(file)", toPath: target)
        }
      }
      #expect(try predictions(output, task) == reference)
    }
  }

  @Test func tokensAreTagged() throws {
    let tags = try folder.file(
      "dev.conll", Array("the O\nfilm B-PER\nplot I-PER\n\nbore B-LOC\nis O\n".utf8))
    let report = try json(
      "evaluate", Places.sample("bilstm/per-token"), "--task", tags, "--kind", "tags",
      "--latency-sentences", "0", schema: "evaluate.schema.json")
    #expect(report["kind"] == "tags" && report["metric"] == "entity-f1")
    #expect(report["examples"] == 2)
  }

  @Test func sentencesBecomeVectors() throws {
    for readout in ["last-state", "max-pool", "per-token"] {
      let model = Places.sample("bilstm/\(readout)")
      let result = try shell("echo 'a film' | pare embed \(model)")
      #expect(result.status == 0 && result.output.split(separator: "\t").count == 8)
    }
    let chosen = try shell("echo fun | pare embed \(model) --pooling cls")
    #expect(chosen.status == 2 && chosen.errors.contains("readout 'last-state'"))
    let tokens = try shell(
      "echo fun | pare embed \(Places.sample("bilstm/per-token")) --pooling cls")
    #expect(tokens.status == 0)
  }

  static let passes: [[String]] = [
    ["prune", "--sparsity", "0.5"], ["factorize", "--rank", "2"],
    ["factorize", "--rank", "3", "--embeddings"], ["quantize", "--bits", "8"],
    ["quantize", "--bits", "4", "--only", "lstm.*.recurrent"], ["cast", "--dtype", "F16"],
    ["drop", "--head"],
  ]

  /// Passes leave a model that can be weighed, and run as long as it has a head; in our format and dense it is the same.
  @Test(arguments: passes) func passesAreApplied(_ pass: [String]) throws {
    let (small, dense) = ("\(folder.path)/small/", "\(folder.path)/dense/")
    for (output, format) in [(small, "pare"), (dense, "safetensors")] {
      let result = try runPare([pass[0], model, "-o", output, "--to", format] + pass.dropFirst())
      try #require(result.status == 0, "\(result.errors)")
    }
    let report = try json("report", small, "--against", model, schema: "report.schema.json")
    #expect(report["models"]?.array?.first?["path"]?.string == small)
    guard pass[0] != "drop" else {
      #expect(try pare("evaluate", small, "--task", task).status == 3)
      return
    }
    // Factors are multiplied one after the other, which rounds otherwise.
    let (found, expected) = (try scores(small), try scores(dense))
    #expect(found.count == expected.count && found.count >= 100)
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 })
    guard ["prune", "factorize"].contains(pass[0]) else { return }
    let merged = "\(folder.path)/merged/"
    try succeed("merge", small, "-o", merged)
    #expect(try zip(scores(merged), expected).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  /// Recurrent and input matrices and the projection are pruned, nothing else.
  @Test func theLinearsAreTaken() throws {
    let output = "\(folder.path)/pruned/"
    try succeed("prune", model, "-o", output, "--sparsity", "0.5", "--to", "pare")
    let report = try json("inspect", output, schema: "inspect.schema.json")
    let sparse = (report["tensors"]?.array ?? []).filter {
      $0["storage"]?.string?.hasPrefix("sparse") ?? false
    }.compactMap { $0["role"]?.string }
    #expect(
      Set(sparse) == [
        "lstm.forward.input.weight", "lstm.forward.recurrent.weight", "lstm.backward.input.weight",
        "lstm.backward.recurrent.weight", "projection.weight",
      ])
  }

  @Test func tokensAreTrimmed() throws {
    let list = try folder.file("tokens.txt", Array("the\nfilm\nbad\n".utf8))
    let output = "\(folder.path)/trimmed/"
    try succeed("trim", model, "-o", output, "--tokens", list)
    let configuration = try JSON.read(output + "config.json")
    let report = try json("inspect", output, schema: "inspect.schema.json")
    let words = try #require(report["architecture"]?["vocabulary"]?.integer)
    #expect(words < 40 && configuration["vocab_size"]?.integer == words)
    // A text of kept tokens gives the same scores.
    let text = try folder.file("kept.tsv", Array("sentence\tlabel\nthe bad film\t1\n".utf8))
    let options = ["--columns", "text=sentence", "--columns", "label=label"]
    let files = [model, output].enumerated().map { ($1, "\(folder.path)/\($0).tsv") }
    for (model, file) in files {
      let result = try runPare(
        ["evaluate", model, "--task", text, "--kind", "classification", "--predictions", file]
          + options)
      try #require(result.status == 0, "\(result.errors)")
    }
    #expect(try bytes(of: files[0].1) == bytes(of: files[1].1))
  }

  @Test func whatAStudentLacksIsSaid() throws {
    for (arguments, why) in [
      (["trim", "--positions", "8"], "trim: the model has no positions"),
      (["shrink", "--heads", "1"], "shrink: the model has no transformer layers"),
      (["drop", "--pooler"], "drop: the model has no pooler"),
      (["drop", "--mlm"], "drop: the model has no masked language model"),
    ] {
      let result = try runPare(
        [arguments[0], model, "-o", "\(folder.path)/none/"] + arguments.dropFirst())
      #expect(result.status == 3 && result.errors.contains(why), "\(result.errors)")
    }
    let foreign = try pare(
      "convert", model, "-o", "\(folder.path)/bert.safetensors", "--dialect", "bert")
    #expect(foreign.status == 2 && foreign.errors.contains("has no names for bilstm models"))
  }

  /// The work of a student is that of its matrices.
  @Test func operationsAreReported() throws {
    let report = try json("report", model, schema: "report.schema.json")
    let text = report.text()
    let expected = 2 * (128 * 2 * 4 * 5 * (6 + 5) + 10 * 8 + 8 * 3)
    #expect(text.contains("\(expected)"))
  }
}
