import Checkpoints
import Dialects
import Tensors
import TestSupport
import Testing

@Suite struct HostileNamesTests {
  static let names = [
    "", ".", "/", ":0", "#", "0", "bert", "bert.", "bert.encoder.layer", "module.model.module.",
    "bert.encoder.layer.#.attention.self.query.weight",
    "bert.encoder.layer..attention.self.query.weight",
    "bert.encoder.layer.-1.attention.self.query.weight",
    "bert.encoder.layer.4096.attention.self.query.weight",
    "bert.encoder.layer.00.attention.self.query.weight",
    "bert.encoder.layer.99999999999999999999999999.attention.self.query.weight",
    "bert.encoder.layer.٣.attention.self.query.weight",
    "bert.encoder.layer.{layer}.attention.self.query.weight",
    "bert.encoder.layer.1.attention.self.query.weight.1",
    "bert.encoder.layer.1.attention.self.query.gamma",
    "bert.pooler.dense.gamma", "bert.embeddings.word_embeddings.gamma", "bert.classifier.weight",
    "distilbert.transformer.layer.0.ffn.lin3.weight",
    "albert.encoder.albert_layer_groups.4095.albert_layers.4096.ffn.weight",
    "bert/encoder/layer_._18446744073709551616/attention/self/query/kernel:0",
    "bert/tf_bert_model/more/bert/pooler/dense/kernel:0",
    "layers/transformer_encoder_0/_self_attention_layer/query_dense/vars/0",
    "layers/transformer_encoder/_self_attention_layer/query_dense/vars/2",
    "layers/transformer_encoder_99999/_self_attention_layer/query_dense/vars/0",
    "layers/bert_backbone", "backbone/", "layers/", "_layer_checkpoint_dependencies/",
    String(repeating: "9", count: 100_000), String(repeating: "module.", count: 10_000),
  ]

  @Test(arguments: DialectList.all.map(\.name)) func hostileNamesMeanNothing(_ name: String) throws
  {
    let dialect = try Dialects.named(name)
    for name in Self.names {
      #expect(dialect.meanings(of: [name]).each == [nil], "\(name.prefix(80))")
    }
    #expect(dialect.meanings(of: []).each.isEmpty)
  }

  @Test func hugeGroupsOfLayersAreNone() throws {
    let albert = try Dialects.named("albert")
    func name(_ group: Int, _ inner: Int) -> String {
      "albert.encoder.albert_layer_groups.\(group).albert_layers.\(inner).ffn.bias"
    }
    let meanings = albert.meanings(of: [name(0, 4095), name(1, 0), name(4095, 1)])
    #expect(meanings.groupSize == 4096)
    let last = Role(.layer(4095, .intermediate), .bias)
    #expect(meanings.each == [.parameter(last, .asIs), nil, nil])
  }

  @Test func aLoneLastLayerIsSaidInFewWords() throws {
    let name = "bert.encoder.layer.4095.attention.self.query.weight"
    let read = try Dialects.interpret(container([NamedTensor(name, tensor([4, 4], seed: ""))]))
    #expect(read.architecture.encoder?.layers.count == 4096)
    #expect(read.diagnostics(.missing).count == 2)
  }

  /// Shapes that no such tensor has, zero lengths beside lengths that overflow among them.
  static let shapes: [Shape] = [
    [], [0], [7], [0, 0], [0, 1 << 62], [3, 5], [0, 1 << 40, 1 << 40], [1 << 40, 0, 1 << 40],
    [2, 3, 4], [1, 0, 3], [1, 1, 1, 1],
  ]

  @Test(arguments: DialectList.all.map(\.name)) func anyShapeIsSurvived(_ name: String) throws {
    let dialect = try Dialects.named(name)
    let architecture = try #require(Architecture.tiny(dialect.families[0], .maskedLanguageModel))
    for style in dialect.styles {
      let names = architecture.written(in: dialect, style: style).tensors.map(\.name)
      for shape in Self.shapes {
        let hostile = tensor(shape, seed: "")
        let all = container(names.map { NamedTensor($0, hostile) }, style)
        let read = try Dialects.interpret(all)
        #expect(read.diagnostics.contains { $0.severity == .error })
        #expect(read.heldCount == read.container.tensors.count)
        _ = read.counts
        for target in [NameStyle.flat, .kerasLayers, .kerasPaths] {
          guard let dialect = Dialects.usual(for: dialect.families[0], style: target) else {
            continue
          }
          _ = read.renamed(to: dialect, style: target)
        }
      }
    }
  }

  @Test func anyElementTypeIsSurvived() throws {
    let dialect = try Dialects.named("tf-bert")
    let whole = EncoderArchitecture.tiny(.bert, .preTraining)
      .written(in: dialect, style: .kerasLayers)
    for type in ElementType.allCases {
      let tensors = whole.tensors.compactMap { tensor -> NamedTensor? in
        guard let count = tensor.tensor.shape.byteCount(of: type) else { return nil }
        let source = MemorySource([UInt8](repeating: 1, count: count))
        return NamedTensor(tensor.name, Tensor(type, tensor.tensor.shape, source: source))
      }
      let read = try Dialects.interpret(container(tensors, .kerasLayers))
      let held = read.parameters.count + read.unmapped.count + read.copies.count
      #expect(held == tensors.count)
      _ = read.renamed(to: try Dialects.named("bert"), style: .flat)
    }
  }

  @Test func mutatedNamesAreSurvived() throws {
    let seed: UInt64 = 20
    var generator = SeededGenerator(seed: seed)
    for dialect in DialectList.all {
      let style = dialect.styles[0]
      let whole = try #require(Architecture.tiny(dialect.families[0], .maskedLanguageModel))
        .written(in: dialect, style: style)
      for _ in 0..<8 {
        let tensors = whole.tensors.map { named in
          let bytes = mutated(Array(named.name.utf8), using: &generator)
          let name = Bool.random(using: &generator) ? String(decoding: bytes, as: UTF8.self) : nil
          return NamedTensor(name ?? named.name, named.tensor)
        }
        let read = try Dialects.interpret(container(tensors, style))
        // What is several parameters is taken apart first.
        let count = read.container.tensors.count
        #expect(read.heldCount + read.buffers.count == count, "seed \(seed)")
        #expect(count >= tensors.count)
        _ = read.renamed(to: dialect, style: style)
      }
    }
  }
}
