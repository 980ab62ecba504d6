import Documents
import Foundation
import TestSupport
import Testing

@Suite struct ConvertCommandTests {
  private let folder = try! TemporaryFolder()

  /// The lines of the native dump without the file's own names: what must survive every conversion.
  /// Ties are left to each container: some store them, some do not.
  private func values(_ path: String) throws -> [String] {
    let result = try pare("convert", "--quiet", path, "--to", "native", "-o", "-")
    try #require(result.status == 0, "\(result.errors)")
    return result.output.split(separator: "\n").dropFirst(2).compactMap { line in
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count >= 5, !fields[0].hasPrefix("copy "), !fields[0].hasPrefix("buffer "),
        !fields[3].hasPrefix("shared(")
      else {
        return nil
      }
      return ([fields[0]] + fields[2...]).joined(separator: "\t")
    }
  }

  private func convert(_ input: String, _ output: String, _ options: String...) throws {
    let result = try runPare(["convert", "--quiet", input, "-o", output] + options)
    try #require(result.status == 0, "\(result.errors)")
  }

  /// Through a container and back, every tensor is bit for bit what it was.
  @Test(
    arguments: [
      "bert-tiny", "heads/model", "heads/masked-lm", "heads/sequence-classification",
      "heads/token-classification", "heads/question-answering", "heads/multiple-choice",
      "heads/next-sentence", "families/roberta-masked-lm",
      "families/roberta-sequence-classification",
      "families/distilbert-masked-lm", "families/distilbert-sequence-classification",
      "families/electra-masked-lm", "families/electra-pretraining",
      "families/electra-sequence-classification", "families/albert-masked-lm",
      "families/albert-pretraining", "families/albert-sequence-classification",
      "families/xlm-roberta-masked-lm",
    ], ["there.h5", "there.hdf5", "there/"])
  func roundTrips(_ sample: String, through: String) throws {
    let source = Places.sample("\(sample)/model.safetensors")
    let name = sample.replacingOccurrences(of: "/", with: "-")
    let there = "\(folder.path)/\(name)-\(through)"
    try convert(source, there)
    try convert(there, "\(folder.path)/\(name)-back.safetensors", "--force")
    #expect(try values("\(folder.path)/\(name)-back.safetensors") == values(source))
  }

  @Test(arguments: [[], ["--compression", "gzip:6"]] as [[String]])
  func plainHDF5Compressed(_ options: [String]) throws {
    let there = "\(folder.path)/plain-\(options.count).hdf5"
    let result = try runPare(["convert", "--quiet", "samples/bert-tiny", "-o", there] + options)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try values(there) == values("samples/bert-tiny"))
  }

  /// The genuine libraries' PyTorch and TensorFlow files of one model hold the same values.
  @Test(arguments: [
    "heads/masked-lm", "heads/model", "heads/sequence-classification",
    "heads/token-classification", "heads/question-answering", "families/roberta-masked-lm",
    "families/distilbert-masked-lm", "families/electra-pretraining", "families/albert-masked-lm",
    "families/albert-pretraining", "families/electra-masked-lm",
  ])
  func tensorFlowAndPyTorchAgree(_ sample: String) throws {
    #expect(
      try values(Places.sample("\(sample)/tf_model.h5"))
        == values(Places.sample("\(sample)/model.safetensors")))
  }

  @Test(arguments: [
    "keras-hub-preset/model.weights.h5", "keras-hub/backbone.keras",
    "keras-hub/backbone-sharded.weights.json",
  ])
  func kerasHubAgrees(_ file: String) throws {
    let keras = try values(Places.sample(file))
    let torch = try values(Places.sample("heads/model/model.safetensors"))
    #expect(keras == torch)
  }

  @Test func kerasHubRoundTrip() throws {
    let there = "\(folder.path)/model.weights.h5"
    try convert("samples/heads/model", there)
    #expect(try values(there) == values("samples/heads/model"))
  }

  @Test func unchangedIsByteForByte() throws {
    let source = Places.sample("bert-tiny/model.safetensors")
    let target = "\(folder.path)/same.safetensors"
    try convert(source, target)
    #expect(try bytes(of: source) == bytes(of: target))
  }

  @Test func standardOutputIsTheFile() throws {
    let source = Places.sample("bert-tiny/model.safetensors")
    let result = try shell("pare convert \(source) -o - | cmp - \(source)")
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test func foldersCarrySidecars() throws {
    let target = "\(folder.path)/carried/"
    try convert("samples/bert-tiny", target)
    let names = try folder.names("carried")
    #expect(names.contains("config.json") && names.contains("vocab.txt"))
    #expect(names.contains("model.safetensors"))
    let bare = "\(folder.path)/bare/"
    try convert("samples/bert-tiny", bare, "--no-sidecars")
    #expect(try folder.names("bare") == ["model.safetensors"])
  }

  @Test func threadsDoNotChangeTheBytes() throws {
    for threads in ["1", "2", "5"] {
      try convert(
        "samples/sst2-tiny", "\(folder.path)/t\(threads).safetensors", "--threads", threads,
        "--dtype", "F16")
    }
    let one = try bytes(of: "\(folder.path)/t1.safetensors")
    #expect(try bytes(of: "\(folder.path)/t2.safetensors") == one)
    #expect(try bytes(of: "\(folder.path)/t5.safetensors") == one)
  }

  @Test func mappingIsTheSame() throws {
    try convert("samples/sst2-tiny", "\(folder.path)/m.safetensors")
    try convert("samples/sst2-tiny", "\(folder.path)/r.safetensors", "--io", "mmap")
    #expect(
      try bytes(of: "\(folder.path)/m.safetensors") == bytes(of: "\(folder.path)/r.safetensors"))
  }

  @Test func overflowsAreCounted() throws {
    let path = try folder.file("big.safetensors", [])
    var file = [UInt8](#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}"#.utf8)
    file = withUnsafeBytes(of: UInt64(file.count)) { [UInt8]($0) } + file
    file += [Float(1), 1e6, -1e9].withUnsafeBytes { [UInt8]($0) }
    try Data(file).write(to: URL(fileURLWithPath: path))
    let result = try pare(
      "convert", path, "-o", "\(folder.path)/half.safetensors", "--dtype", "f16")
    #expect(result.status == 0)
    #expect(result.errors.contains("a: 2 values are beyond F16"))
  }

  @Test func selectionKeepsWhatMatches() throws {
    let target = "\(folder.path)/some.safetensors"
    try convert(
      "samples/bert-tiny", target, "--only", "encoder.*.attention.query", "--except", "name:*bias")
    let report = try pare("inspect", "--tensors", "--full", target)
    #expect(report.output.contains("encoder.layer.1.attention.self.query.weight"))
    #expect(!report.output.contains("bias") && !report.output.contains("key"))
    let none = try pare(
      "convert", "samples/bert-tiny", "-o", "\(folder.path)/n.safetensors", "--only", "nothing")
    #expect(none.status == 2 && none.errors.contains("no tensor matches"))
  }

  @Test func dryRunDoesNothing() throws {
    let result = try pare(
      "convert", "samples/bert-tiny-tf", "-o", "\(folder.path)/dry/", "--dry-run", "--dtype", "F16")
    #expect(result.status == 0)
    #expect(result.output.contains("transpose") && result.output.contains("F32 → F16"))
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/dry"))
  }

  @Test func oldNamesAreBroughtUpToDate() throws {
    let gamma = try #require(
      FileManager.default.contentsOfDirectory(atPath: Places.sample("old-names"))
        .first { $0.contains("gamma") })
    let target = "\(folder.path)/new.safetensors"
    try convert(Places.sample("old-names/\(gamma)"), target, "--dialect", "bert")
    let report = try pare("inspect", "--tensors", "--full", target)
    #expect(report.output.contains("LayerNorm.weight") && !report.output.contains("gamma"))
    #expect(try values(target) == values(Places.sample("old-names/\(gamma)")))
  }
}
