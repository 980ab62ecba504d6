import Documents
import Foundation
import TestSupport
import Testing

/// Checkpoints of TensorFlow, as they are named on the command line.
@Suite struct TensorFlowCheckpointCommandTests {
  private let folder = try! TemporaryFolder()
  private static let google = "samples/tf-checkpoint/google"

  /// The lines of the native dump without the file's own names, and without ties.
  private func values(_ path: String) throws -> [String] {
    let result = try pare("convert", "--quiet", path, "--to", "native", "-o", "-")
    try #require(result.status == 0, "\(result.errors)")
    return result.output.split(separator: "\n").dropFirst(2).compactMap { line in
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count >= 5, !fields[3].hasPrefix("shared("), !fields[0].hasPrefix("copy ") else {
        return nil
      }
      return ([fields[0]] + fields[2...]).joined(separator: "\t")
    }
  }

  /// By prefix, by each of its files or by the folder: what comes out is what transformers wrote, byte for byte.
  @Test(arguments: [
    google, "\(google)/", "\(google)/bert_model.ckpt", "\(google)/bert_model.ckpt.index",
    "\(google)/bert_model.ckpt.data-00000-of-00001", "samples/tf-checkpoint/sharded/model.ckpt",
  ])
  func googleBecomesTransformers(_ input: String) throws {
    let output = "\(folder.path)/x.safetensors"
    let result = try pare("convert", "--quiet", input, "-o", output)
    #expect(result.status == 0, "\(result.errors)")
    #expect(try bytes(of: output) == bytes(of: Places.sample("bert-tiny/model.safetensors")))
  }

  /// The model garden's own converter made these of the same weights, and its own classes the heads.
  @Test(arguments: [
    ("classifier", "sequence-classification"), ("squad", "question-answering"),
    ("garden/encoder-1", "model"), ("garden/classifier-1.index", "sequence-classification"),
  ])
  func headsAgree(_ sample: String, _ head: String) throws {
    let expected = try values("samples/heads/\(head)")
    let found = try values("samples/tf-checkpoint/\(sample)")
    #expect(found.filter { expected.contains($0) } == expected)
    // Google's models have a pooler even where transformers' have none.
    #expect(found.filter { !expected.contains($0) }.allSatisfy { $0.hasPrefix("pooler.") })
  }

  @Test func theConfigurationIsFoundAndMadeOver() throws {
    let result = try pare("convert", "--quiet", Self.google, "-o", "\(folder.path)/model/")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try folder.names("model") == ["config.json", "model.safetensors", "vocab.txt"])
    let text = try bytes(of: "\(folder.path)/model/config.json")
    let config = try JSON.parse(text, file: "config.json")
    #expect(config["num_attention_heads"] == 2 && config["model_type"] == "bert")
    #expect(config["architectures"]?.array == ["BertForPreTraining"])
  }

  @Test func optimizersAreSkippedAndSaid() throws {
    let result = try pare("inspect", "\(Self.google)/bert_model.ckpt")
    #expect(result.output.contains("tf-checkpoint · dialect google-bert"))
    #expect(result.output.contains("heads 2"))
    #expect((result.output + result.errors).contains("93 variables of an optimizer"))
    let garden = try pare("inspect", "samples/tf-checkpoint/garden/classifier-1")
    #expect(garden.output.contains("dialect model-garden-bert"))
    #expect(garden.output.contains("heads 2"))
  }

  @Test func mistakesAreNamed() throws {
    let first = try pare("inspect", "samples/tf-checkpoint/first-version/model.ckpt")
    #expect(first.status == 3 && first.errors.contains("first version"))
    #expect(first.errors.contains("hint: "))
    let several = try pare("inspect", "samples/tf-checkpoint/partitioned")
    #expect(several.status == 2 && several.errors.contains("compressed.index"))
    let written = try pare("convert", "samples/bert-tiny", "-o", "\(folder.path)/x.index")
    #expect(written.status == 2 && written.errors.contains("can only be read"))
  }

  /// Names of TensorFlow 1 in another container are understood there too.
  @Test func namesOutliveTheContainer() throws {
    let there = "\(folder.path)/there.safetensors"
    let out = try pare(
      "convert", "--quiet", "samples/bert-tiny", "-o", there, "--dialect", "google-bert")
    #expect(out.status == 0, "\(out.errors)")
    #expect(try pare("inspect", there).output.contains("dialect google-bert"))
    #expect(try values(there) == values("samples/bert-tiny"))
  }
}
