import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Formats

/// `model.bin` as CTranslate2's converter writes it, damaged and made by hand.
@Suite struct CTranslate2FileTests {
  private let folder = try! TemporaryFolder()

  private func read(_ bytes: [UInt8]) throws -> Container {
    try CTranslate2Format().read(try folder.file("model.bin", bytes), options: ReadOptions())
  }

  private func sample(_ name: String) throws -> Container {
    try CTranslate2Format().read(
      Places.sample("ctranslate2/\(name)/model.bin"), options: ReadOptions())
  }

  @Test func numbersAndTensorsAreTakenApart() throws {
    let container = try sample("bert-float32")
    #expect(container.attribute("specification") == .string("TransformerEncoderSpec"))
    #expect(container.attribute("revision") == .uint32(1))
    #expect(container.attribute("encoder/num_heads") == .int16(2))
    #expect(container.attribute("encoder/activation") == .int8(3))
    let names = container.tensors.map(\.name)
    #expect(names == names.sorted() && names.count == 31)
    let packed = try #require(
      container.tensors.first { $0.name == "encoder/layer_0/self_attention/linear_0/weight" })
    #expect(packed.tensor.shape == [48, 16] && packed.tensor.elementType == .f32)
  }

  /// Codes are those of the file, and stand for what they do in CTranslate2: code / scale.
  @Test func codesKeepTheirScales() throws {
    let (coded, whole) = (try sample("bert-int8"), try sample("bert-float32"))
    #expect(coded.tensors.map(\.name) == whole.tensors.map(\.name))
    var count = 0
    for (left, right) in zip(coded.tensors, whole.tensors) {
      guard
        case .quantized(let codes, .uniform(let bits, .axis(0), let steps, nil, nil)) = left.storage
      else {
        #expect(try left.tensor.allBytes() == right.tensor.allBytes())
        continue
      }
      count += 1
      #expect(bits == 8 && codes.elementType == .i8)
      let (values, originals) = (try left.tensor.floats(), try right.tensor.floats())
      let (width, scales) = (left.tensor.shape[1], try steps.floats())
      for (index, value) in values.enumerated() {
        #expect(abs(value - originals[index]) <= scales[index / width] * 0.5001)
      }
    }
    #expect(count == 11)
  }

  @Test func everyTruncationIsAnError() throws {
    let whole = try bytes(
      of: Places.sample("ctranslate2/bert-int8/model.bin"))
    for length in 0..<whole.count {
      #expect(throws: Failure.self, "\(length)") { try read(Array(whole[..<length])) }
    }
  }

  @Test(arguments: ["bert-float32", "bert-int8"]) func mutationsNeverTrap(_ name: String) throws {
    try expectReadOrRefused("ctranslate2/\(name)/model.bin", as: "model.bin", seed: 0xC72)
  }

  /// A file of two variables and an alias.
  private func handmade(
    version: UInt32 = 6, shape: [UInt32] = [2, 2], type: UInt8 = 0, size: UInt32 = 16,
    second: String = "b", alias: String = "a", data: Int = 16, trailing: [UInt8] = []
  ) -> [UInt8] {
    func name(_ text: String) -> [UInt8] { little(UInt16(text.utf8.count + 1)) + text.utf8 + [0] }
    func variable(_ text: String) -> [UInt8] {
      name(text) + [UInt8(shape.count)] + shape.flatMap { little($0) } + [type] + little(size)
        + [UInt8](repeating: 0, count: data)
    }
    return little(version) + name("TinySpec") + little(UInt32(1)) + little(UInt32(2))
      + variable("a") + variable(second) + little(UInt32(1)) + name("c") + name(alias) + trailing
  }

  @Test func aliasesAreOtherNames() throws {
    let container = try read(handmade())
    #expect(container.tensors.map(\.name) == ["a", "b", "c"])
    #expect(container.tensors[2].byteCount == 0)
    #expect(container.diagnostics.map(\.code) == [.tie])
  }

  @Test func whatBreaksTheLawIsNamed() throws {
    let cases: [([UInt8], String)] = [
      (handmade(version: 7), "version 7"), (handmade(second: "a"), "two variables have this name"),
      (handmade(shape: [2, 3]), "does not make 16 bytes"), (handmade(type: 6), "unknown type 6"),
      (handmade(shape: [UInt32](repeating: .max, count: 4)), "does not make 16 bytes"),
      (handmade(alias: "x"), "stands for 'x'"),
      (handmade(trailing: [0]), "1 bytes follow the last alias"),
      (handmade(shape: [UInt32](repeating: 1, count: 9), size: 4, data: 4), "9 axes"),
    ]
    for (bytes, message) in cases {
      let failure = #expect(throws: Failure.self) { try read(bytes) }
      #expect(
        failure?.description.contains(message) == true, "\(failure?.description ?? message)")
    }
  }

  @Test func isToldByItsContent() throws {
    let path = Places.sample("ctranslate2/bert-int8/model.bin")
    #expect(try FormatList.recognize(path).name == "ctranslate2")
    #expect(!CTranslate2File.recognizes([6, 0, 0, 0, 3, 0, 65, 66, 0, 1]))
    #expect(!CTranslate2File.recognizes([]))
  }

  // MARK: Rounding

  /// As numpy does it: half to even, a row of zeros by 1, the tiniest rows by what still is a number.
  @Test func rowsAreRoundedAsInTheConverter() throws {
    let tiny = Float.leastNonzeroMagnitude
    let rows = RoundedRows(
      Tensor([127, 0.5, 1.5, -127, 0, 0, 0, 0, tiny, 0, 0, -tiny], [3, 4]))
    let codes = Tensor(.i8, [3, 4], source: rows.codes)
    let scales = Tensor(.f32, [3], source: rows.scales)
    #expect(
      try codes.allBytes().map { Int8(bitPattern: $0) }.prefix(8) == [127, 0, 2, -127, 0, 0, 0, 0])
    #expect(try scales.floats() == [1, 1, 127 / (127 / Float.greatestFiniteMagnitude)])
    for bad in [Float.nan, .infinity] {
      let rows = RoundedRows(Tensor([1, 2, 3, bad], [2, 2]))
      let failure = #expect(throws: Failure.self) {
        try Tensor(.i8, [2, 2], source: rows.codes).allBytes()
      }
      #expect(failure?.description.contains("row 1") == true)
    }
  }
}
