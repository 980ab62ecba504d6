import Checkpoints
import Formats
import Tensors
import TestSupport
import Testing

@testable import Recipes

/// Models into CTranslate2 and back, held against what its own converter makes of them.
@Suite struct CTranslate2ConversionTests {
  private let folder = try! TemporaryFolder()

  @discardableResult
  private func convert(
    _ path: String, to name: String, format: String? = "ctranslate2", except: [String] = [],
    elementType: ElementType? = nil, quantization: Quantization? = nil
  ) throws -> [Diagnostic] {
    let conversion = try Conversion(
      of: try Model.open(path),
      request: ConversionRequest(
        output: .folder("\(folder.path)/\(name)"), format: format, elementType: elementType,
        selection: try Selection(except: except),
        writing: WriteOptions(quantization: quantization)))
    return try conversion.diagnostics + conversion.run()
  }

  private func file(_ name: String) throws -> [UInt8] { try bytes(of: "\(folder.path)/\(name)") }

  private func reference(_ name: String) throws -> [UInt8] {
    try bytes(of: Places.sample("ctranslate2/\(name)"))
  }

  @Test(arguments: [
    ("bert-float32", nil, nil), ("bert-float16", ElementType.f16, nil),
    ("bert-int8", nil, Quantization.int8Rows),
  ])
  func filesAreThoseOfTheConverter(
    _ name: String, _ type: ElementType?, _ quantization: Quantization?
  ) throws {
    try convert(
      Places.sample("bert-tiny"), to: name, except: ["head"], elementType: type,
      quantization: quantization)
    #expect(try file("\(name)/model.bin") == reference("\(name)/model.bin"))
    #expect(try file("\(name)/config.json") == reference("\(name)/config.json"))
    // The converter leaves out the last line feed.
    #expect(
      try file("\(name)/vocabulary.json").dropLast() == reference("\(name)/vocabulary.json")[...])
  }

  @Test func distilBERTHasNoTypes() throws {
    let notes = try convert(
      Places.sample("families/distilbert-masked-lm"), to: "x", except: ["head"])
    #expect(try file("x/model.bin") == reference("distilbert/model.bin"))
    #expect(notes.contains { $0.message.contains("no vocabulary") })
  }

  /// What was made one is taken apart again, with the shape of the model from numbers and shapes.
  @Test func modelsComeBack() throws {
    let notes = try convert(Places.sample("ctranslate2/bert-float32"), to: "x", format: nil)
    #expect(notes.contains { $0.code == .unpacked })
    let model = try Model.open("\(folder.path)/x").checkpoint
    let original = try Model.open(Places.sample("bert-tiny")).checkpoint
    #expect(model.dialect == "bert" && model.diagnostics.isEmpty)
    #expect(model.architecture.encoder?.layers == original.architecture.encoder?.layers)
    for parameter in model.parameters {
      let same = try #require(original.parameter(parameter.role))
      #expect(try parameter.stored.allBytes() == same.stored.allBytes())
    }
    // And into the same file, which has them as one.
    try convert(Places.sample("ctranslate2/bert-float32"), to: "y")
    #expect(try file("y/model.bin") == reference("bert-float32/model.bin"))
    #expect(try file("y/vocabulary.json") == reference("bert-float32/vocabulary.json"))
  }

  /// Codes go into a .pare as they are.
  @Test func codesAreKept() throws {
    try convert(Places.sample("ctranslate2/bert-int8"), to: "x", format: "pare")
    let model = try Model.open("\(folder.path)/x").checkpoint
    let source = try Model.open(Places.sample("ctranslate2/bert-int8")).checkpoint
    var count = 0
    for parameter in model.parameters {
      let same = try #require(source.parameter(parameter.role))
      if case .quantized(let codes, _) = parameter.storage,
        case .quantized(let own, _) = same.storage
      {
        count += 1
        #expect(try codes.allBytes() == own.allBytes())
      }
      #expect(try parameter.stored.allBytes() == same.stored.allBytes())
    }
    #expect(count == 15)
  }

  @Test func whatItCannotHoldIsAnError() throws {
    func refused(_ message: String, _ body: () throws -> Void) {
      let failure = #expect(throws: Failure.self) { try body() }
      #expect(failure?.description.contains(message) == true, "\(failure?.description ?? "")")
    }
    refused("no place in the target for cls.") {
      try convert(Places.sample("bert-tiny"), to: "a")
    }
    refused("no dialect is known") {
      try convert(Places.sample("families/roberta-masked-lm"), to: "b")
    }
    refused("blocks of Q8_0") {
      try convert(
        Places.sample("bert-tiny"), to: "c", except: ["head"], quantization: .blocks(.q80))
    }
  }
}
