import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats
@testable import Recipes

@Suite struct ModelTests {
  @Test func aFolderOpensItsWeightsAndSidecars() throws {
    let model = try Model.open(Places.sample("bert-tiny"))
    #expect(model.checkpoint.dialect == "bert")
    #expect(model.sidecars.map(\.name).contains("config.json"))
    #expect(model.checkpoint.architecture.encoder?.head == .preTraining)
  }

  @Test(arguments: [
    ("-", Destination.standardOutput), ("a/", .folder("a/")), ("model", .folder("model")),
    ("x.safetensors", .file("x.safetensors")), ("x.h5", .file("x.h5")),
    ("x.weights.h5", .file("x.weights.h5")), ("x.native", .file("x.native")),
    ("x.unknown", .folder("x.unknown")),
  ])
  func destinationsMeanWhatTheyLookLike(_ argument: String, _ expected: Destination) {
    #expect(Destination(argument: argument) == expected)
  }

  @Test func aFolderWithSeveralWeightsIsAmbiguous() throws {
    let folder = try TemporaryFolder()
    _ = try folder.file("a.safetensors", [1])
    _ = try folder.file("b.safetensors", [1])
    let failure = #expect(throws: Failure.self) { try Model.open(folder.path) }
    #expect(failure?.reason.outcome == .usage)
    _ = try folder.file(
      "model.safetensors", bytes(of: Places.sample("bert-tiny/model.safetensors")))
    #expect(throws: Never.self) { try Model.open(folder.path) }
  }

  @Test(arguments: [
    "", "{", "[]", "{\"num_attention_heads\": -1}", "{\"id2label\": 3, \"architectures\": {}}",
  ])
  func damagedConfigurationsNeverTrap(_ text: String) throws {
    let folder = try TemporaryFolder()
    _ = try folder.file(
      "model.safetensors", bytes(of: Places.sample("heads/model/model.safetensors")))
    _ = try folder.file("config.json", [UInt8](text.utf8))
    do {
      let model = try Model.open(folder.path)
      #expect(model.checkpoint.architecture.encoder?.layers.first?.heads == nil)
    } catch let failure as Failure {
      #expect(failure.place.file?.hasSuffix("config.json") == true)
    }
  }

  @Test func mutatedConfigurationsNeverTrap() throws {
    let folder = try TemporaryFolder()
    let config = try bytes(of: Places.sample("heads/token-classification/config.json"))
    _ = try folder.file(
      "model.safetensors",
      bytes(of: Places.sample("heads/token-classification/model.safetensors")))
    var generator = SeededGenerator(seed: 99)
    for _ in 0..<300 {
      _ = try folder.file("config.json", mutated(config, using: &generator))
      do { _ = try Model.open(folder.path) } catch { #expect(error is Failure) }
    }
  }
}

@Suite struct ConversionTests {
  @Test func aPlanReadsNothingAndSaysWhatHappens() throws {
    let model = try Model.open(Places.sample("bert-tiny-tf"))
    let conversion = try Conversion(
      of: model,
      request: ConversionRequest(
        output: .file("/nowhere/x.safetensors"), elementType: .f16, selection: Selection()))
    #expect(conversion.format == "safetensors" && conversion.dialect == "bert")
    let query = try #require(
      conversion.tensors.first {
        $0.targetName == "bert.encoder.layer.0.attention.self.query.weight"
      })
    #expect(query.transform == "transpose" && query.tensor.elementType == .f16)
    #expect(conversion.byteCount > 6186 * 2)
  }

  @Test func anotherTypeIsSaidInTheConfiguration() throws {
    let folder = try TemporaryFolder()
    let model = try Model.open(Places.sample("bert-tiny"))
    _ = try Conversion(
      of: model,
      request: ConversionRequest(
        output: .folder("\(folder.path)/half"), elementType: .f16, selection: Selection())
    ).run()
    let config = try Configuration(reading: "\(folder.path)/half/config.json")
    #expect(config.document["torch_dtype"]?.string == "float16")
    #expect(config.document["hidden_size"] == 16)
  }

  /// In a format whose names begin with layers, a stranger gets a layer of its own.
  @Test func strangersGetALayer() throws {
    let folder = try TemporaryFolder()
    var container = try SafetensorsFormat().read(
      Places.sample("bert-tiny/model.safetensors"), options: ReadOptions())
    container.tensors.append(NamedTensor("foo.bar", Tensor([1, 2, 3], [3])))
    let output = try OutputTransaction(.file("\(folder.path)/odd.safetensors"), replacing: false)
    try SafetensorsFormat().write(container, to: output, options: WriteOptions())
    try output.commit()
    let model = try Model.open("\(folder.path)/odd.safetensors")
    var request = ConversionRequest(
      output: .file("\(folder.path)/odd.h5"), selection: try Selection())
    #expect(throws: Failure.self) { try Conversion(of: model, request: request) }
    request.allowsUnmapped = true
    _ = try Conversion(of: model, request: request).run()
    let written = try Model.open("\(folder.path)/odd.h5").checkpoint
    #expect(written.unmapped.map(\.name) == ["unmapped/foo.bar"])
    #expect(try written.unmapped[0].tensor.floats() == [1, 2, 3])
  }

  /// A model without a configuration gets one that says what its shapes tell.
  @Test func kerasModelsGetAConfiguration() throws {
    let folder = try TemporaryFolder()
    let model = try Model.open(Places.sample("keras-hub/backbone.keras"))
    _ = try Conversion(
      of: model,
      request: ConversionRequest(output: .folder("\(folder.path)/bert"), selection: Selection())
    ).run()
    let config = try Configuration(reading: "\(folder.path)/bert/config.json")
    #expect(config.modelType == "bert" && config.heads == 2 && config.layers == 2)
    #expect(config.document["vocab_size"] == 40)
  }
}
