import Checkpoints
import Documents
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Formats
@testable import Recipes

/// Models into and out of GGUF: names, values beside the tensors, vocabulary and configuration.
@Suite struct GGUFConversionTests {
  private let folder = try! TemporaryFolder()

  @discardableResult
  private func convert(
    _ path: String, to output: Destination, except: [String] = [], writing: WriteOptions = .init(),
    allowsUnmapped: Bool = false, format: String? = nil
  ) throws -> [Diagnostic] {
    let conversion = try Conversion(
      of: try Model.open(path),
      request: ConversionRequest(
        output: output, format: format, selection: try Selection(except: except),
        allowsUnmapped: allowsUnmapped,
        writing: writing))
    return try conversion.diagnostics + conversion.run()
  }

  private func file(_ name: String) -> Destination { .file("\(folder.path)/\(name)") }

  /// What llama.cpp looks for is what the reference writes, under the same keys and types.
  @Test func aModelIsDescribedAsInTheReference() throws {
    let output = file("x.gguf")
    try convert(Places.sample("bert-tiny"), to: output, except: ["head", "pooler"])
    let written = try GGUFFormat().read(output.path, options: ReadOptions())
    let reference = try GGUFFormat().read(
      Places.sample("gguf/bert-tiny.gguf"), options: ReadOptions())
    // The folder has neither a name nor a pooling.
    let unsaid: Set = ["general.name", "bert.pooling_type"]
    #expect(
      written.attributes.map(\.key)
        == reference.attributes.map(\.key).filter { !unsaid.contains($0) })
    for (key, value) in written.attributes {
      #expect(value == reference.attribute(key), "\(key)")
    }
    let expected = Dictionary(
      uniqueKeysWithValues: try reference.tensors.map { ($0.name, try $0.tensor.allBytes()) })
    let found = Dictionary(
      uniqueKeysWithValues: try written.tensors.map { ($0.name, try $0.tensor.allBytes()) })
    #expect(found == expected)
  }

  /// A GGUF alone becomes a folder with a configuration, a vocabulary and a pooling.
  @Test func aFileBecomesAFolder() throws {
    let output = Destination.folder("\(folder.path)/model")
    let path = try folder.file("only.gguf", try bytes(of: Places.sample("gguf/bert-tiny.gguf")))
    let opened = try Model.open(path).checkpoint
    #expect(opened.dialect == "gguf-bert" && opened.unmapped.isEmpty)
    #expect(opened.diagnostics.isEmpty, "\(opened.diagnostics)")
    #expect(opened.architecture.encoder?.layers.map(\.heads) == [2, 2])
    try convert(path, to: output)
    let model = try Model.open(output.path)
    #expect(model.checkpoint.dialect == "bert" && model.checkpoint.diagnostics.isEmpty)
    #expect(model.checkpoint.architecture == opened.architecture)
    #expect(model.checkpoint.configuration?.normEpsilon == 1e-12)
    let words = try bytes(of: "\(output.path)/vocab.txt")
    #expect(words == (try bytes(of: Places.sample("bert-tiny/vocab.txt"))))
    let original = try Model.open(Places.sample("bert-tiny")).checkpoint
    for parameter in model.checkpoint.parameters {
      let same = try #require(original.parameter(parameter.role))
      #expect(try parameter.stored.allBytes() == same.stored.allBytes())
    }
    let pooling = try JSON.read("\(output.path)/1_Pooling/config.json")
    #expect(
      pooling["pooling_mode_mean_tokens"] == true && pooling["pooling_mode_cls_token"] == false)
    // Back again, what the file says of itself is the same.
    try convert(output.path, to: file("again.gguf"))
    let again = try GGUFFormat().read("\(folder.path)/again.gguf", options: ReadOptions())
    for (key, value) in again.attributes {
      #expect(value == opened.container.attribute(key), "\(key)")
    }
    #expect(again.attribute("bert.pooling_type") == .uint32(1))
  }

  /// Types that nothing is known of but their size go from a GGUF into a GGUF, in parts too, and nowhere else.
  @Test func foreignTypesAreCopied() throws {
    let source = Places.sample("gguf/types.gguf")
    let notes = try convert(source, to: file("x.gguf"))
    #expect(!notes.contains { $0.code == .foreign })
    try convert(
      source, to: .folder("\(folder.path)/parts"), writing: WriteOptions(shardSize: 2000),
      format: "gguf")
    let original = try GGUFFormat().read(source, options: ReadOptions())
    #expect(original.foreign.count == 2)
    for path in ["x.gguf", "parts"] {
      let copy = try Model.open("\(folder.path)/\(path)").checkpoint.container
      #expect(copy.foreign == original.foreign && copy.tensors.count == original.tensors.count)
      for tensor in copy.tensors {
        let same = try #require(original.tensors.first { $0.name == tensor.name })
        #expect(try tensor.tensor.allBytes() == same.tensor.allBytes(), "\(tensor.name)")
      }
      for (left, right) in zip(copy.foreign, original.foreign) {
        let (found, expected) = (try #require(left.content), try #require(right.content))
        #expect(
          try found.withBytes(0..<found.byteCount) { [UInt8]($0) }
            == expected.withBytes(0..<expected.byteCount) { [UInt8]($0) })
      }
    }
    let failure = #expect(throws: Failure.self) { try convert(source, to: file("x.safetensors")) }
    #expect(failure?.description.contains("cannot be converted") == true)
  }

  /// A GGUF alone reads texts by its own vocabulary.
  @Test func aFileAloneReadsTexts() throws {
    let path = try folder.file("only.gguf", try bytes(of: Places.sample("gguf/bert-tiny.gguf")))
    var alone = try SentenceEmbedding(ModelRequest(path))
    var whole = try SentenceEmbedding(ModelRequest(Places.sample("bert-tiny")))
    let texts = ["the cat sat on the mat .", "Unknown words, too?"]
    #expect(try alone.vectors(of: texts) == whole.vectors(of: texts))
  }

  @Test func headsWithoutAPlaceAreAnError() throws {
    let failure = #expect(throws: Failure.self) {
      try convert(Places.sample("bert-tiny"), to: file("x.gguf"))
    }
    #expect(failure?.description.contains("no place in the target for cls.") == true)
    let notes = try convert(
      Places.sample("bert-tiny"), to: file("x.gguf"), allowsUnmapped: true)
    #expect(notes.contains { $0.code == .unmapped })
    let families = #expect(throws: Failure.self) {
      try convert(Places.sample("families/roberta-masked-lm"), to: file("y.gguf"))
    }
    #expect(families?.description.contains("no dialect is known") == true)
  }

  /// The pooler and the classifier of sequences are what llama.cpp runs for `--pooling rank`.
  @Test func classifiersAreCarried() throws {
    let source = Places.sample("heads/sequence-classification")
    try convert(source, to: file("x.gguf"))
    let read = try Model.open("\(folder.path)/x.gguf").checkpoint
    let original = try Model.open(source).checkpoint
    #expect(read.architecture.head == .sequenceClassification)
    #expect(read.parameters.map(\.role) == original.parameters.map(\.role))
    for (left, right) in zip(read.parameters, original.parameters) {
      #expect(try left.stored.allBytes() == right.stored.allBytes())
    }
    #expect(read.container.attribute("bert.pooling_type") == .uint32(4))
    #expect(
      read.container.attribute("bert.classifier.output_labels")?.elements?.count
        == original.parameter(Role(.head(.classifier), .weight))?.shape[0])
  }

  /// Blocks stay blocks from GGUF to GGUF, and are values elsewhere.
  @Test func blocksAreCopied() throws {
    let path = try folder.file("in.gguf", try bytes(of: Places.sample("gguf/rounding.gguf")))
    try convert(path, to: file("out.gguf"))
    #expect(try bytes(of: "\(folder.path)/out.gguf") == bytes(of: path))
    try convert(path, to: file("out.safetensors"))
    let dense = try SafetensorsFormat().read(
      "\(folder.path)/out.safetensors", options: ReadOptions())
    let source = try GGUFFormat().read(path, options: ReadOptions())
    for tensor in source.tensors {
      let found = try #require(dense.tensors.first { $0.name == tensor.name })
      #expect(try found.tensor.allBytes() == tensor.tensor.allBytes())
    }
  }

  @Test func partsInAFolderAreOpened() throws {
    let model = try Model.open(Places.sample("gguf/split"))
    #expect(model.checkpoint.container.files.count == 4)
    #expect(model.checkpoint.parameters.count == 37)
  }

  /// Other formats do not take blocks.
  @Test func onlyGGUFTakesBlocks() throws {
    let failure = #expect(throws: Failure.self) {
      try convert(
        Places.sample("bert-tiny"), to: file("x.safetensors"),
        writing: WriteOptions(quantization: .blocks(.q80)))
    }
    #expect(failure?.reason.outcome == .usage)
  }

  /// llama.cpp's own vocabulary of a published model gives that model's vocab.txt.
  @Test func aPublishedVocabularyIsReadBack() throws {
    guard let path = Places.shared("data/tokenizers/ggml-vocab-bert-bge.gguf"),
      let words = Places.shared("data/tokenizers/bert-base-uncased/vocab.txt")
    else {
      print("skipped: the vocabulary of llama.cpp is not there")
      return
    }
    let container = try GGUFFormat().read(path, options: ReadOptions())
    let sidecars = GGUFVocabulary.sidecars(of: container)
    #expect(sidecars.first { $0.name == "vocab.txt" }?.bytes == (try bytes(of: words)))
    let settings = try JSON.parse(
      try #require(sidecars.first { $0.name == "tokenizer_config.json" }).bytes, file: "t")
    #expect(settings["cls_token"] == "[CLS]" && settings["mask_token"] == "[MASK]")
  }
}
