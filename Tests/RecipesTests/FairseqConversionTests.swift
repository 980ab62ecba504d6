import Checkpoints
import Encoders
import Tensors
import TestSupport
import Testing

@testable import Formats
@testable import Recipes

/// RoBERTa as fairseq saves it, held against the same model of Hugging Face's.
@Suite struct FairseqConversionTests {
  private let folder = try! TemporaryFolder()

  private func convert(_ path: String, to name: String) throws -> Model {
    let conversion = try Conversion(
      of: try Model.open(path),
      request: ConversionRequest(
        output: Destination(argument: "\(folder.path)/\(name)"), selection: try Selection()))
    _ = try conversion.run()
    return try Model.open("\(folder.path)/\(name)")
  }

  @Test(arguments: ["masked-lm", "packed", "classifier"])
  func modelsAreUnderstood(_ name: String) throws {
    let checkpoint = try Model.open(Places.sample("fairseq/\(name).pt")).checkpoint
    #expect(checkpoint.dialect == "fairseq-roberta" && checkpoint.unmapped.isEmpty)
    #expect(checkpoint.problems.isEmpty, "\(checkpoint.problems)")
    let encoder = try #require(checkpoint.architecture.encoder)
    #expect(encoder.family == .roberta && encoder.types == 0 && !encoder.hasTypes)
    #expect(encoder.layers.map(\.heads) == [2, 2])
    #expect(encoder.head == (name == "classifier" ? .sequenceClassification : .maskedLanguageModel))
    #expect(checkpoint.diagnostics.contains { $0.code == .unpacked } == (name == "packed"))
  }

  /// Values are those of the model that the sample was made of, its types being added to its positions; zeros stand for types.
  @Test(arguments: [
    ("masked-lm", "roberta-masked-lm"), ("packed", "roberta-masked-lm"),
    ("classifier", "roberta-sequence-classification"),
  ])
  func modelsBecomeHuggingFaces(_ name: String, _ family: String) throws {
    let model = try convert(
      Places.sample("fairseq/\(name).pt"), to: "\(name)/"
    ).checkpoint
    let original = try Model.open(Places.sample("families/\(family)")).checkpoint
    #expect(model.dialect == "roberta" && model.problems.isEmpty, "\(model.problems)")
    #expect(model.configuration?.heads == 2 && model.configuration?.normEpsilon == 1e-5)
    let types = Role(.embedding(.type), .weight)
    let zeros = try #require(model.parameter(types)).stored
    #expect(zeros.shape == [1, 16])
    #expect(try zeros.floats().allSatisfy { $0 == 0 })
    let added = try #require(original.parameter(types)).stored.floats().prefix(16)
    var count = 0
    for parameter in original.parameters where parameter.role.module != .pooler {
      let role = parameter.role
      let found = try #require(model.parameter(role), "\(role)")
      if role == types { continue }
      count += 1
      if role.module == .embedding(.position) {
        let sums = try parameter.stored.floats().enumerated().map { $1 + added[$0 % 16] }
        #expect(try found.stored.floats() == sums)
      } else if found.storage.dense != nil {
        #expect(try found.stored.allBytes() == parameter.stored.allBytes(), "\(role)")
      }
    }
    #expect(count > 35)
  }

  /// Within PyTorch's files names stay, but those of what is taken apart.
  @Test func namesStay() throws {
    let model = try convert(Places.sample("fairseq/packed.pt"), to: "same.pt")
    #expect(model.checkpoint.dialect == "fairseq-roberta")
    let names = model.checkpoint.container.tensors.map(\.name)
    #expect(names.contains("decoder.sentence_encoder.layers.1.self_attn.v_proj.bias"))
    #expect(!names.contains { $0.contains("in_proj") })
  }

  /// The logits of a text are those of the model that the sample was made of.
  @Test func modelsRun() throws {
    let model = try convert(Places.sample("fairseq/packed.pt"), to: "run/")
    // fairseq has one epsilon for all models.
    var original = try Model.open(Places.sample("families/roberta-masked-lm")).checkpoint
    original.configuration = try original.configuration?.setting(
      "layer_norm_eps", to: .number(1e-5))
    let fairseq = try Model.open(Places.sample("fairseq/packed.pt"))
    func logits(_ checkpoint: Checkpoint) throws -> [Float] {
      let encoder = try Encoder(checkpoint, reading: .logits)
      return try Session(encoder).run([TokenSequence(ids: [0, 7, 9, 12, 2])])[0].values
    }
    let expected = try logits(original)
    for found in [try logits(model.checkpoint), try logits(fairseq.checkpoint)] {
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }
}

extension Checkpoint {
  /// The problems that are more than notes, but for what the pickle would have called.
  fileprivate var problems: [Diagnostic] {
    diagnostics.filter { $0.severity != .note && $0.code != .inertGlobal }
  }
}
