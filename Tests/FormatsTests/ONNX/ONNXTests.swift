import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

@Suite struct ONNXTests {
  private let folder = try! TemporaryFolder()

  private func read(_ sample: String) throws -> Container {
    let path = Places.sample(sample)
    let format = try FormatList.recognize(path)
    #expect(format.name == "onnx")
    return try format.read(path, options: ReadOptions())
  }

  /// Weights have the names and the layout of the model that was exported; codes stand for what ONNX Runtime takes them for.
  @Test(arguments: [
    "bert-tiny.onnx", "external.onnx", "int8.onnx", "int8-channels.onnx", "kinds.onnx",
  ])
  func readsWhatIsInAGraph(_ file: String) throws {
    let golden = try ContainerGolden("onnx--\(file)")
    #expect(try rows(of: read("onnx/\(file)")) == golden.tensors)
  }

  @Test func whatIsNoWeightIsSaid() throws {
    let kinds = try read("onnx/kinds.onnx")
    #expect(kinds.foreign.map(\.type) == ["STRING"])
    #expect(kinds.metadata.map(\.key) == ["author"] && kinds.metadata[0].value == "nobody")
    let notes = try read("onnx/int8.onnx").diagnostics.map(\.message)
    #expect(
      notes.contains {
        $0.hasSuffix("tensors of 8-bit codes are read as the numbers that they stand for")
      })
    #expect(try read("onnx/external.onnx").files.count == 2)
  }

  /// The model is recognised by its beginning, whatever it is called.
  @Test func isRecognisedByContent() throws {
    let path = try folder.file("x.data", bytes(of: Places.sample("onnx/kinds.onnx")))
    #expect(try FormatList.recognize(path).name == "onnx")
  }

  private func model(_ fields: (inout ProtobufWriter) -> Void) throws -> String {
    var tensor = ProtobufWriter()
    fields(&tensor)
    var graph = ProtobufWriter()
    graph.add(5, tensor)
    var model = ProtobufWriter()
    model.add(1, 8)
    model.add(7, graph)
    return try folder.file("x.onnx", model.bytes)
  }

  private func message(_ fields: (inout ProtobufWriter) -> Void) throws -> String {
    let path = try model(fields)
    let failure = #expect(throws: Failure.self) {
      _ = try ONNXFormat().read(path, options: ReadOptions())
    }
    #expect(failure?.reason.outcome == .badInput && failure?.place.file != nil)
    return failure?.description ?? ""
  }

  /// A tensor of two floats whose data lie elsewhere.
  private func external(_ entries: [(String, String)]) -> (inout ProtobufWriter) -> Void {
    { tensor in
      tensor.add(1, 2)
      tensor.add(2, 1)
      tensor.add(8, "w")
      tensor.add(14, 1)
      for (key, value) in entries {
        var entry = ProtobufWriter()
        entry.add(1, key)
        entry.add(2, value)
        tensor.add(13, entry)
      }
    }
  }

  @Test func dataElsewhereStayInTheFolder() throws {
    _ = try folder.file("data.bin", [UInt8](repeating: 0, count: 16))
    for place in ["../data.bin", "/etc/passwd", "a/../../x", ".", "a//b", ""] {
      let text = try message(external([("location", place)]))
      #expect(text.contains("leaves the folder") || text.contains("name is missing"), "\(text)")
    }
    #expect(
      try message(external([("location", "gone.bin")])).contains("'gone.bin', which is missing"))
    #expect(
      try message(external([("location", "data.bin"), ("offset", "12")])).contains(
        "end at byte 20 of 'data.bin', which has 16"))
    #expect(
      try message(external([("location", "data.bin"), ("offset", "-1")])).contains(
        "the offset of the data is no number"))
    #expect(
      try message(external([("location", "data.bin"), ("offset", "9223372036854775807")])).contains(
        "which has 16"))
    #expect(
      try message(external([("location", "data.bin"), ("length", "3")])).contains(
        "needs 8 bytes, 3"))
    let path = try model(external([("location", "data.bin"), ("offset", "8"), ("length", "8")]))
    #expect(try ONNXFormat().read(path, options: ReadOptions()).tensors.count == 1)
  }

  @Test func refusesTensorsThatCannotBe() throws {
    #expect(
      try message {
        $0.add(1, 1 << 40)
        $0.add(1, 1 << 40)
        $0.add(2, 1)
        $0.add(8, "w")
      }.contains("impossible shape"))
    #expect(
      try message {
        $0.add(1, 3)
        $0.add(2, 1)
        $0.add(8, "w")
      }.contains("has no data"))
    #expect(
      try message {
        $0.add(1, 3)
        $0.add(2, 1)
        $0.add(9, [0, 0, 0, 0] as [UInt8])
      }.contains("needs 12 bytes, 4 are there"))
    let nothing = try folder.file("x.onnx", [0x08, 0x08])
    let failure = #expect(throws: Failure.self) {
      try ONNXFormat().read(nothing, options: ReadOptions())
    }
    #expect(failure?.description.contains("holds no graph") == true)
  }

  @Test(arguments: ["onnx/bert-tiny.onnx", "onnx/kinds.onnx", "onnx/int8.onnx"])
  func damagedFilesAreReadOrRefused(_ sample: String) throws {
    try expectReadOrRefused(sample, as: "x.onnx", seed: 71)
    let whole = try bytes(of: Places.sample(sample))
    for length in stride(from: 0, to: whole.count - 1, by: 97) {
      let path = try folder.file("cut.onnx", Array(whole[..<length]))
      #expect(throws: Failure.self) { try ONNXFormat().read(path, options: ReadOptions()) }
    }
  }

  /// Encoders of other projects, exported by an older PyTorch.
  @Test func readsTheFixturesOfOthers() throws {
    guard let folder = Places.shared("fixtures/onnx") else {
      return print("skipped: ../shared/fixtures is absent")
    }
    let container = try ONNXFormat().read(
      "\(folder)/dummy_transformer.onnx", options: ReadOptions())
    let names = Set(container.tensors.map(\.name))
    #expect(names.contains("transformer_encoder.layers.0.self_attn.in_proj_weight"))
    #expect(names.contains("transformer_encoder.layers.1.linear2.weight"))
    let projection = container.tensors.first {
      $0.name == "transformer_encoder.layers.0.self_attn.in_proj_weight"
    }
    #expect(projection?.tensor.shape == [48, 16])
  }
}
