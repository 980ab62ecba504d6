import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Formats

@Suite struct GGUFReadingTests {
  private let folder = try! TemporaryFolder()

  private func read(_ file: HandmadeGGUF) throws -> Container {
    try GGUFFormat().read(try folder.file("x.gguf", file.bytes))
  }

  /// Every type decodes to the bits that gguf-py decodes it to.
  @Test func everyTypeDecodesAsInTheReference() throws {
    let container = try FormatList.recognize(Places.sample("gguf/types.gguf")).read(
      Places.sample("gguf/types.gguf"), options: ReadOptions())
    #expect(container.format == "gguf")
    let reference = try SafetensorsFormat().read(
      Places.sample("gguf/types.safetensors"), options: ReadOptions())
    let expected = Dictionary(
      reference.tensors.map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first })
    #expect(container.tensors.count == expected.count)
    for tensor in container.tensors {
      let values = try #require(expected[tensor.name])
      #expect(tensor.tensor.shape == values.shape, "\(tensor.name)")
      if tensor.tensor.elementType == .bf16 {
        // numpy has no such type: gguf-py gives singles.
        let wide = try tensor.tensor.cast16To32()
        #expect(try wide == values.allBytes(), "\(tensor.name)")
        continue
      }
      #expect(tensor.tensor.elementType == values.elementType, "\(tensor.name)")
      #expect(try tensor.tensor.allBytes() == values.allBytes(), "\(tensor.name)")
    }
    #expect(
      Set(container.tensors.compactMap(\.blocks)) == Set(BlockType.allCases))
    #expect(container.foreign.map(\.type) == ["IQ4_XS", "TQ2_0"])
    #expect(container.foreign.map(\.byteCount) == [272, 132])
    #expect(container.foreign.map(\.shape) == [[1, 512], [1, 512]])
  }

  /// Any range of a tensor in blocks is that range of the whole.
  @Test func rangesNeedNotBeWholeBlocks() throws {
    let container = try GGUFFormat().read(Places.sample("gguf/types.gguf"))
    for tensor in container.tensors where tensor.blocks != nil {
      let whole = try tensor.tensor.allBytes()
      for range in [0..<0, 0..<1, 3..<9, 120..<140, (whole.count - 7)..<whole.count] {
        let part = try tensor.tensor.source.withBytes(range) { [UInt8]($0) }
        #expect(part == Array(whole[range]), "\(tensor.name) \(range)")
      }
      #expect(tensor.tensor.source.pieceSize % (tensor.blocks!.elementCount * 4) == 0)
      #expect(tensor.byteCount < tensor.tensor.byteCount)
    }
  }

  @Test func valuesOfEveryType() throws {
    let container = try GGUFFormat().read(Places.sample("gguf/types.gguf"))
    func value(_ key: String) -> Attribute? { container.attribute("sample.\(key)") }
    #expect(value("uint8") == .uint8(255))
    #expect(value("int8") == .int8(-128))
    #expect(value("uint16") == .uint16(65535))
    #expect(value("int16") == .int16(-32768))
    #expect(value("uint32") == .uint32(.max))
    #expect(value("int32") == .int32(.min))
    #expect(value("uint64") == .uint64(.max))
    #expect(value("int64") == .int64(.min))
    #expect(value("float32") == .float32(0.1))
    #expect(value("float64") == .float64(0.1))
    #expect(value("bool") == .bool(true))
    #expect(value("false") == .bool(false))
    #expect(value("string") == .string("ein Übungsstück"))
    #expect(value("strings") == .array(.string, [.string("a"), .string(""), .string("\u{2581}b")]))
    #expect(value("floats") == .array(.float32, [.float32(0.5), .float32(-1.5)]))
    #expect(value("bytes") == .array(.uint8, [.uint8(1), .uint8(2), .uint8(3)]))
    #expect(
      value("nested")
        == .array(
          .array,
          [.array(.int32, [.int32(1), .int32(2)]), .array(.int32, [.int32(3)])]))
    let text = Dictionary(container.metadata.map { ($0.key, $0.value) }) { first, _ in first }
    #expect(text["sample.uint64"] == "18446744073709551615")
    #expect(text["sample.string"] == "ein Übungsstück")
    #expect(text["sample.strings"] == nil)
  }

  /// Any of the parts opens all of them.
  @Test(arguments: 1...3) func partsAreOneModel(_ part: Int) throws {
    let whole = try GGUFFormat().read(Places.sample("gguf/bert-tiny.gguf"))
    let parts = try GGUFFormat().read(
      Places.sample("gguf/split/model-0000\(part)-of-00003.gguf"))
    #expect(parts.tensors.map(\.name) == whole.tensors.map(\.name))
    for (left, right) in zip(parts.tensors, whole.tensors) {
      #expect(try left.tensor.allBytes() == right.tensor.allBytes())
    }
    #expect(parts.attributes.map(\.key) == whole.attributes.map(\.key))
    #expect(parts.files.count == 4)
    #expect(parts.files[0].hasSuffix("\(part)-of-00003.gguf"))
  }

  @Test func missingPartsAreNamed() throws {
    let name = "model-00002-of-00003.gguf"
    let path = try folder.file(name, try bytes(of: Places.sample("gguf/split/\(name)")))
    let failure = #expect(throws: Failure.self) { try GGUFFormat().read(path) }
    let message = failure?.description ?? ""
    #expect(message.contains("model-00001-of-00003.gguf, model-00003-of-00003.gguf"), "\(message)")
    let renamed = try folder.file("part.gguf", try bytes(of: path))
    #expect(throws: Failure.self) { try GGUFFormat().read(renamed) }
  }

  @Test func partsInEachOthersPlaceAreRefused() throws {
    for part in 1...3 {
      let source = Places.sample("gguf/split/model-0000\(part == 2 ? 3 : part)-of-00003.gguf")
      _ = try folder.file("m-0000\(part)-of-00003.gguf", try bytes(of: source))
    }
    let failure = #expect(throws: Failure.self) {
      try GGUFFormat().read("\(folder.path)/m-00001-of-00003.gguf")
    }
    #expect(failure?.description.contains("says that it is part 3 of 3") == true)
  }

  @Test func versionTwoIsReadAlike() throws {
    var whole = try bytes(of: Places.sample("gguf/bert-tiny.gguf"))
    whole[4] = 2
    let container = try GGUFFormat().read(try folder.file("v2.gguf", whole))
    #expect(container.tensors.count == 37)
  }

  @Test func holesAreSaid() throws {
    var file = HandmadeGGUF(data: 128)
    file.tensors = [
      HandmadeGGUF.tensor("a", [2]), HandmadeGGUF.tensor("b", [2], offset: 96),
      HandmadeGGUF.tensor("c", [0, 5], offset: 32),
    ]
    let container = try read(file)
    #expect(container.tensors.map(\.tensor.shape) == [[2], [2], [5, 0]])
    #expect(container.diagnostics.map(\.code) == [.header])
  }

  @Test func unknownTypesAreListed() throws {
    var file = HandmadeGGUF()
    file.tensors = [
      HandmadeGGUF.tensor("a", [7], type: 77), HandmadeGGUF.tensor("b", [2], offset: 32),
    ]
    let container = try read(file)
    #expect(container.tensors.map(\.name) == ["b"])
    #expect(
      container.foreign == [
        ForeignTensor(name: "a", type: "ggml type 77", shape: [7], byteCount: 0)
      ])
  }

  @Test func textThatIsNotUTF8IsMendedAndSaid() throws {
    var file = HandmadeGGUF()
    file.values = [HandmadeGGUF.value("k", 8, HandmadeGGUF.text8([0x61, 0xFF]))]
    let container = try read(file)
    #expect(container.attribute("k") == .string("a\u{FFFD}"))
    #expect(container.diagnostics.map(\.code) == [.header])
  }

  /// A vocabulary of llama.cpp's own, without tensors.
  @Test func publishedVocabulary() throws {
    guard let path = Places.shared("data/tokenizers/ggml-vocab-bert-bge.gguf") else {
      print("skipped: the vocabulary of llama.cpp is not there")
      return
    }
    let container = try GGUFFormat().read(path)
    #expect(container.tensors.isEmpty && container.diagnostics.isEmpty)
    #expect(container.attribute("tokenizer.ggml.tokens")?.elements?.count == 30522)
    #expect(container.attribute("bert.attention.head_count")?.integer == 12)
  }
}

extension Tensor {
  /// The bytes of a BF16 tensor as singles.
  fileprivate func cast16To32() throws -> [UInt8] {
    let halves = try allBytes()
    return stride(from: 0, to: halves.count, by: 2).flatMap { [0, 0, halves[$0], halves[$0 + 1]] }
  }
}
