import Checkpoints
import Tensors
import TestSupport
import Testing

@testable import Formats

@Suite struct GGUFWritingTests {
  private let folder = try! TemporaryFolder()

  private func write(
    _ container: Container, to destination: Destination? = nil, _ options: WriteOptions = .init()
  ) throws -> String {
    let destination = destination ?? .file("\(folder.path)/x.gguf")
    let output = try OutputTransaction(destination, replacing: true)
    try GGUFFormat().write(container, to: output, options: options)
    try output.commit()
    return destination.path
  }

  private func container(_ tensors: [NamedTensor]) -> Container {
    Container(format: "gguf", files: [], byteCount: 0, tensors: tensors, naming: .ggml)
  }

  /// A file of gguf-py's, read and written, is the same file: blocks, values, order and padding.
  @Test(arguments: ["bert-tiny", "rounding"], [1, 3])
  func whatWasReadIsWrittenAlike(_ sample: String, _ threads: Int) throws {
    let path = Places.sample("gguf/\(sample).gguf")
    let container = try GGUFFormat().read(path)
    let written = try write(container, to: nil, WriteOptions(threads: threads))
    #expect(try bytes(of: written) == bytes(of: path))
    let planned = try GGUFFormat().plannedFiles(container, options: WriteOptions())
    #expect(planned == [PlannedFile(name: "model.gguf", byteCount: try bytes(of: path).count)])
  }

  /// All values and tensors that can be carried; those of types that are only listed are not there.
  @Test func everyTypeIsWrittenAlike() throws {
    let container = try GGUFFormat().read(Places.sample("gguf/types.gguf"))
    let again = try GGUFFormat().read(try write(container))
    #expect(again.tensors.map(\.name) == container.tensors.map(\.name))
    #expect(again.tensors.map(\.blocks) == container.tensors.map(\.blocks))
    for (left, right) in zip(again.tensors, container.tensors) {
      #expect(left.tensor.elementType == right.tensor.elementType)
      #expect(try left.tensor.allBytes() == right.tensor.allBytes(), "\(left.name)")
    }
    #expect(again.attributes.map(\.key) == container.attributes.map(\.key))
    for (left, right) in zip(again.attributes, container.attributes) {
      #expect(left.value == right.value, "\(left.key)")
    }
  }

  /// The bytes are those that gguf-py rounds to.
  @Test(arguments: [BlockType.q80, .q51, .q50, .q41, .q40])
  func valuesAreRoundedAsInTheReference(_ type: BlockType) throws {
    let sample = try GGUFFormat().read(Places.sample("gguf/rounding.gguf"))
    let values = try #require(sample.tensors.first { $0.name == "values" })
    let rounded = try #require(sample.tensors.first { $0.blocks == type })
    let path = try write(
      container([NamedTensor("values.weight", values.tensor)]), to: nil,
      WriteOptions(quantization: .blocks(type)))
    let written = try GGUFFormat().read(path).tensors[0]
    #expect(written.blocks == type && written.tensor.shape == values.tensor.shape)
    #expect(written.byteCount == rounded.byteCount)
    #expect(try blocks(of: written) == blocks(of: rounded))
  }

  private func blocks(of tensor: NamedTensor) throws -> [UInt8] {
    let source = try #require(tensor.tensor.source as? BlockSource)
    return try source.blocks.withBytes(0..<source.blocks.byteCount) { [UInt8]($0) }
  }

  /// A range of what is rounded is that range of the whole.
  @Test func rangesNeedNotBeWholeBlocks() throws {
    let values = Tensor((0..<256).map { Float($0 % 37) - 11.25 }, [4, 64])
    let source = RoundingSource(values, .q50)
    let whole = try source.withBytes(0..<source.byteCount) { [UInt8]($0) }
    #expect(whole.count == 8 * 22)
    for range in [0..<0, 5..<6, 20..<50, 0..<22, 100..<176] {
      #expect(try source.withBytes(range) { [UInt8]($0) } == Array(whole[range]))
    }
  }

  /// By the rules of llama.cpp: what stays as it is, and in which type.
  @Test func whatIsNotRounded() throws {
    let matrix = Tensor([Float](repeating: 0.5, count: 128), [2, 64])
    let odd = Tensor([Float](repeating: 0.5, count: 66), [2, 33])
    let half = Tensor(.f16, [32], source: MemorySource([UInt8](repeating: 0x3C, count: 64)))
    let integers = Tensor(.i32, [1, 32], source: MemorySource([UInt8](repeating: 1, count: 128)))
    let container = container([
      NamedTensor("blk.0.attn_q.weight", matrix), NamedTensor("blk.0.attn_q.bias", half),
      NamedTensor("token_embd_norm.weight", half), NamedTensor("position_embd.weight", matrix),
      NamedTensor("token_types.weight", matrix), NamedTensor("odd.weight", odd),
      NamedTensor("ids.weight", integers),
    ])
    let options = WriteOptions(quantization: .blocks(.q80))
    let (_, notes) = try GGUFFormat().prepared(container, options: options)
    #expect(notes.map(\.code) == [.leftWhole, .leftWhole])
    #expect(notes[0].message.contains("blk.0.attn_q.bias and 3 more: written as F32"))
    #expect(notes[1].message.contains("odd.weight: written as F16"))
    let written = try GGUFFormat().read(try write(container, to: nil, options))
    #expect(written.tensors.map(\.blocks) == [.q80, nil, nil, nil, nil, nil, nil])
    #expect(
      written.tensors.map(\.tensor.elementType) == [.f32, .f32, .f32, .f32, .f32, .f16, .i32])
    #expect(try written.tensors[1].tensor.floats() == [Float](repeating: 1.0585938, count: 32))
  }

  /// `general.file_type` follows the matrices.
  @Test func theFileTypeIsThatOfMostMatrices() throws {
    let matrix = NamedTensor("a.weight", Tensor([Float](repeating: 0.5, count: 128), [2, 64]))
    func fileType(_ said: UInt32, _ options: WriteOptions) throws -> Attribute? {
      var container = container([matrix])
      container.attributes = [("general.file_type", .uint32(said))]
      return try GGUFFormat().read(try write(container, to: nil, options)).attribute(
        "general.file_type")
    }
    #expect(try fileType(0, WriteOptions(quantization: .blocks(.q41))) == .uint32(3))
    #expect(try fileType(1, WriteOptions()) == .uint32(0))
    #expect(try fileType(0, WriteOptions()) == .uint32(0))
  }

  @Test func partsAsTheReferenceWritesThem() throws {
    let container = try GGUFFormat().read(Places.sample("gguf/bert-tiny.gguf"))
    let home = Destination.folder("\(folder.path)/parts")
    let options = WriteOptions(shardSize: 6000)
    _ = try write(container, to: home, options)
    let names = try folder.names("parts")
    #expect(names.count > 2 && names[0] == "model-00001-of-0000\(names.count).gguf")
    let planned = try GGUFFormat().plannedFiles(container, options: options)
    #expect(planned.map(\.name) == names)
    let again = try GGUFFormat().read("\(home.path)/\(names[1])")
    for (left, right) in zip(again.tensors, container.tensors) {
      #expect(try left.name == right.name && left.tensor.allBytes() == right.tensor.allBytes())
    }
    let last = try GGUFFile("\(home.path)/\(names.last!)", access: .read)
    #expect(last.attributes.map(\.key) == ["split.no", "split.count", "split.tensors.count"])
    #expect(last.attributes[1].value == .uint16(UInt16(names.count)))
    #expect(last.attributes[2].value == .int32(37))
    #expect(throws: Failure.self) {
      try write(container, to: .file("\(folder.path)/one.gguf"), options)
    }
    // Written together again, the file is the one that was read.
    let whole = try write(again)
    #expect(try bytes(of: whole) == bytes(of: Places.sample("gguf/bert-tiny.gguf")))
  }

  @Test func textBesideTheTensorsIsCarried() throws {
    var container = container([])
    container.metadata = [("a", "text"), ("b", "5")]
    container.attributes = [("b", .uint32(5))]
    let written = try GGUFFormat().read(try write(container))
    #expect(written.attributes.map(\.key) == ["b", "a"])
    #expect(written.attribute("a") == .string("text") && written.attribute("b") == .uint32(5))
  }

  @Test func whatGGUFCannotHoldIsRefused() throws {
    let bytes = Tensor(.u8, [4], source: MemorySource([1, 2, 3, 4]))
    let deep = Tensor([1], [1, 1, 1, 1, 1])
    let long = String(repeating: "n", count: 64)
    for (tensor, message) in [
      (NamedTensor("a", bytes), "cannot hold elements of type U8"),
      (NamedTensor("a", deep), "5 axes"),
      (NamedTensor(long, Tensor([1], [1])), "a name of 64 bytes"),
    ] {
      let failure = #expect(throws: Failure.self) { try write(container([tensor])) }
      #expect(failure?.description.contains(message) == true, "\(failure?.description ?? "")")
      #expect(failure?.reason.outcome == .usage)
    }
    let failure = #expect(throws: Failure.self) {
      try write(container([]), to: nil, WriteOptions(quantization: .blocks(.q4K)))
    }
    #expect(failure?.description.contains("only read") == true)
  }
}
