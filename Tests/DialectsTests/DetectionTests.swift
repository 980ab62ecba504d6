import Checkpoints
import Dialects
import Tensors
import Testing

@Suite struct DetectionTests {
  @Test(arguments: DialectList.all.map(\.name))
  func aDialectIsDetectedByItsNames(_ name: String) throws {
    let dialect = try Dialects.named(name)
    for style in dialect.styles {
      // Bare encoders of several families have the same names in PyTorch.
      let architecture = try #require(Architecture.tiny(dialect.families[0], .questionAnswering))
      let written = architecture.written(in: dialect, style: style)
      #expect(Dialects.detect(written)?.name == name)
    }
  }

  @Test func amongEqualsTheModelTypeDecides() throws {
    let bare = EncoderArchitecture.tiny(.bert).written(in: try Dialects.named("bert"), style: .flat)
    #expect(Dialects.detect(bare)?.name == "bert")
    for (type, dialect) in [
      ("roberta", "roberta"), ("xlm-roberta", "roberta"), ("electra", "electra"), ("bert", "bert"),
      ("nonsense", "bert"),
    ] {
      let configuration = try configuration(["model_type": .string(type)])
      #expect(Dialects.detect(bare, configuration: configuration)?.name == dialect)
    }
  }

  @Test func theModelTypeDoesNotOverruleNames() throws {
    let bert = EncoderArchitecture.tiny(.bert, .preTraining)
      .written(in: try Dialects.named("bert"), style: .flat)
    let configuration = try configuration(["model_type": "roberta"])
    #expect(Dialects.detect(bert, configuration: configuration)?.name == "bert")
  }

  @Test func oneFamilyOfADialectIsTheConfigurations() throws {
    let written = EncoderArchitecture.tiny(.xlmRoberta, .maskedLanguageModel)
      .written(in: try Dialects.named("roberta"), style: .flat)
    #expect(try Dialects.interpret(written).architecture.encoder?.family == .roberta)
    let read = try Dialects.interpret(
      written, configuration: configuration(["model_type": "xlm-roberta"]))
    #expect(read.architecture.encoder?.family == .xlmRoberta)
  }

  @Test func namesWithoutAnEncoderAreNoDialects() {
    let names = ["classifier.weight", "classifier.bias", "pooler.dense.weight", "x"]
    let tensors = names.map { NamedTensor($0, tensor([2, 2], seed: $0)) }
    #expect(Dialects.detect(container(tensors)) == nil)
    #expect(Dialects.detect(container([])) == nil)
  }

  /// llama.cpp names parts of all models alike; what is no BERT is not taken for one.
  @Test func otherModelsOfLlamaAreNoBERT() {
    let names = [
      "token_embd.weight", "blk.0.attn_norm.weight", "blk.0.attn_q.weight", "blk.0.ffn_up.weight",
      "output_norm.weight",
    ]
    let tensors = names.map { NamedTensor($0, tensor([2, 2], seed: $0)) }
    #expect(Dialects.detect(container(tensors, .ggml)) == nil)
  }

  @Test func aDialectCanBeGiven() throws {
    let written = EncoderArchitecture.tiny(.bert)
      .written(in: try Dialects.named("bert"), style: .flat)
    let read = try Dialects.interpret(written, dialect: Dialects.named("electra"))
    #expect(read.architecture.encoder?.family == .electra)
    #expect(read.dialect == "electra")
  }
}
