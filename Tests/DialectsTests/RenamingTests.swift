import Checkpoints
import Dialects
import Tensors
import TestSupport
import Testing

@Suite struct RenamingTests {
  /// A model written by one dialect and read again.
  private func model(_ dialect: String, _ style: NameStyle, _ head: Head = .none) throws
    -> Checkpoint
  {
    let model = EncoderArchitecture.tiny(.bert, head)
    // With the pooler, which KerasHub's encoder has in any case.
    var tensors = model.written(in: try Dialects.named(dialect), style: style).tensors
    for kind in Role.Kind.allCases {
      let role = Role(.pooler, kind)
      guard
        let place = try Dialects.named(dialect).place(of: role, in: .encoder(model), style: style),
        !tensors.contains(where: { $0.name == place.name })
      else { continue }
      let logical = tensor(kind == .weight ? [12, 12] : [12], seed: "\(role)")
      tensors.append(
        NamedTensor(place.name, try #require(place.layout.stored(logical, heads: 2)).held))
    }
    return try Dialects.interpret(
      container(tensors, style), configuration: configuration(model.document))
  }

  static let homes: [(String, NameStyle)] = [
    ("bert", .flat), ("tf-bert", .flat), ("tf-bert", .kerasLayers), ("keras-hub-bert", .kerasPaths),
  ]

  /// Through any dialect, and back: the same names and bytes.
  @Test(arguments: homes, homes)
  func thereAndBack(_ home: (String, NameStyle), _ abroad: (String, NameStyle)) throws {
    for head in [Head.none, .maskedLanguageModel, .sequenceClassification] {
      let original = try model(home.0, home.1, head)
      let away = original.renamed(to: try Dialects.named(abroad.0), style: abroad.1)
      #expect(away.unplaced.map(\.name) == [])
      #expect(away.lacking == [])
      let read = try Dialects.interpret(
        container(away.tensors.map { NamedTensor($0.targetName, $0.tensor) }, abroad.1),
        configuration: original.configuration)
      #expect(read.architecture == original.architecture)
      let back = read.renamed(to: try Dialects.named(home.0), style: home.1)
      let expected = try original.container.tensors.map { ($0.name, try $0.tensor.allBytes()) }
      let found = try back.tensors.map { ($0.targetName, try $0.tensor.allBytes()) }
      #expect(
        Dictionary(uniqueKeysWithValues: found) == Dictionary(uniqueKeysWithValues: expected))
    }
  }

  @Test func transformsAreSaid() throws {
    func transform(_ from: (String, NameStyle), _ to: (String, NameStyle), _ role: Role) throws
      -> String?
    {
      try model(from.0, from.1).renamed(to: Dialects.named(to.0), style: to.1)
        .tensors.first { $0.role == role }?.transform
    }
    let (pyTorch, tensorFlow, keras) = (Self.homes[0], Self.homes[2], Self.homes[3])
    let query = Role(.layer(1, .query), .weight)
    #expect(try transform(pyTorch, tensorFlow, query) == "transpose")
    #expect(try transform(pyTorch, keras, query) == "transpose, reshape")
    #expect(try transform(keras, pyTorch, query) == "reshape, transpose")
    #expect(try transform(tensorFlow, keras, query) == "reshape")
    #expect(try transform(keras, keras, query) == "")
    #expect(try transform(pyTorch, keras, Role(.layer(1, .query), .bias)) == "reshape")
    #expect(try transform(pyTorch, tensorFlow, Role(.layer(1, .outputNorm), .weight)) == "")
  }

  /// What is stored alike is lent by the source itself, without a transpose and its inverse.
  @Test func layoutsThatAreAlikeCostNothing() throws {
    for (from, to) in [(1, 2), (2, 3), (3, 2), (3, 3), (0, 0)] {
      let original = try model(Self.homes[from].0, Self.homes[from].1)
      let renaming = original.renamed(
        to: try Dialects.named(Self.homes[to].0), style: Self.homes[to].1)
      for renamed in renaming.tensors where !renamed.transform.contains("transpose") {
        #expect(renamed.tensor.source is MemorySource, "\(renamed.targetName)")
      }
    }
  }

  @Test func tensorFlowLayersAreInKerassOrder() throws {
    let renaming = try model("bert", .flat).renamed(
      to: Dialects.named("tf-bert"), style: .kerasLayers)
    let parts = renaming.tensors.prefix(4).map { $0.targetName.split(separator: "/")[4] }
    #expect(
      parts == ["word_embeddings", "token_type_embeddings", "position_embeddings", "LayerNorm"])
    #expect(renaming.tensors[1].role == Role(.embedding(.type), .weight))
  }

  /// As the models of transformers 4.36 list them; Keras's `load_weights` goes by that order.
  @Test(arguments: [
    (EncoderFamily.bert, Head.preTraining, ["bert", "nsp___cls", "mlm___cls"]),
    (.electra, .maskedLanguageModel, ["electra", "generator_predictions", "generator_lm_head"]),
    (.albert, .preTraining, ["albert", "predictions", "sop_classifier"]),
    (
      .distilbert, .maskedLanguageModel,
      ["distilbert", "vocab_transform", "vocab_layer_norm", "vocab_projector"]
    ),
    (.roberta, .maskedLanguageModel, ["roberta", "lm_head"]),
  ])
  func kerasLayersAreInOrder(_ family: EncoderFamily, _ head: Head, _ expected: [String]) throws {
    let dialect = try #require(Dialects.usual(for: .encoder(family), style: .kerasLayers))
    let written = EncoderArchitecture.tiny(family, head).written(in: dialect, style: .kerasLayers)
    let layers = written.tensors.map { String($0.name.prefix { $0 != "/" }) }
    let first = Dictionary(zip(layers, 0...), uniquingKeysWith: { first, _ in first })
    #expect(first.sorted { $0.value < $1.value }.map(\.key) == expected)
    let embeddingsAreLast = family == .roberta
    #expect(written.tensors[0].name.contains("layer_._0/attention/self/query") == embeddingsAreLast)
  }

  @Test func namesAreThoseOfTheLibraries() throws {
    func name(
      _ role: Role, _ family: EncoderFamily, _ head: Head, _ dialect: String, _ style: NameStyle
    )
      throws -> String?
    {
      try Dialects.named(dialect).place(of: role, in: .encoder(.tiny(family, head)), style: style)?
        .name
    }
    let classifier = Role(.head(.classifier), .weight)
    let query = Role(.layer(1, .query), .weight)
    #expect(
      try name(query, .bert, .none, "bert", .flat) == "encoder.layer.1.attention.self.query.weight")
    #expect(
      try name(query, .bert, .preTraining, "bert", .flat)
        == "bert.encoder.layer.1.attention.self.query.weight")
    #expect(
      try name(query, .xlmRoberta, .maskedLanguageModel, "tf-roberta", .kerasLayers)
        == "roberta/tfxlm_roberta_for_masked_lm/roberta/encoder/layer_._1/attention/self/query/kernel:0"
    )
    #expect(
      try name(Role(.layer(3, .query), .weight), .albert, .none, "albert", .flat)
        == "encoder.albert_layer_groups.1.albert_layers.1.attention.query.weight")
    #expect(
      try name(query, .bert, .none, "keras-hub-bert", .kerasPaths)
        == "layers/transformer_encoder_1/_self_attention_layer/query_dense/vars/0")
    #expect(
      try name(
        Role(.layer(0, .query), .weight), .bert, .maskedLanguageModel, "keras-hub-bert", .flat)
        == "layers/bert_backbone/layers/transformer_encoder/_self_attention_layer/query_dense/vars/0"
    )
    #expect(try name(classifier, .bert, .tokenClassification, "keras-hub-bert", .kerasPaths) == nil)
    #expect(
      try name(classifier, .roberta, .sequenceClassification, "roberta", .flat)
        == "classifier.out_proj.weight")
    #expect(
      try name(classifier, .roberta, .tokenClassification, "roberta", .flat) == "classifier.weight")
    #expect(
      try name(Role(.head(.nextSentence), .weight), .bert, .preTraining, "tf-bert", .flat)
        == "nsp___cls/seq_relationship/kernel:0")
    #expect(try name(query, .bert, .none, "bert", .kerasLayers) == nil)
  }

  @Test func anAlbertsSecondBiasIsWrittenForTensorFlow() throws {
    let checkpoint = EncoderArchitecture.tiny(.albert, .preTraining).checkpoint()
    let renaming = checkpoint.renamed(to: try Dialects.named("tf-albert"), style: .kerasLayers)
    let second = renaming.tensors.first { $0.targetName.hasSuffix("predictions/decoder/bias:0") }
    #expect(try second?.tensor.allBytes() == checkpoint.parameter(.decoderBias)?.stored.allBytes())
  }

  @Test func theDecodingLayerHoldsTheEmbeddingsAfterItsOwn() throws {
    let checkpoint = EncoderArchitecture.tiny(.bert, .maskedLanguageModel).checkpoint()
    let tensorFlow = try Dialects.named("tf-bert")
    let names = checkpoint.renamed(to: tensorFlow, style: .kerasLayers).tensors.map(\.targetName)
    let scope = "mlm___cls/tf_bert_for_masked_lm"
    #expect(
      names.filter { $0.hasPrefix("mlm___cls") } == [
        "\(scope)/mlm___cls/predictions/bias:0",
        "\(scope)/mlm___cls/predictions/transform/dense/kernel:0",
        "\(scope)/mlm___cls/predictions/transform/dense/bias:0",
        "\(scope)/mlm___cls/predictions/transform/LayerNorm/gamma:0",
        "\(scope)/mlm___cls/predictions/transform/LayerNorm/beta:0",
        "\(scope)/bert/embeddings/word_embeddings/weight:0",
        "\(scope)/bert/embeddings/token_type_embeddings/embeddings:0",
        "\(scope)/bert/embeddings/position_embeddings/embeddings:0",
        "\(scope)/bert/embeddings/LayerNorm/gamma:0",
        "\(scope)/bert/embeddings/LayerNorm/beta:0",
      ])
    let flat = checkpoint.renamed(to: tensorFlow, style: .flat).tensors.map(\.targetName)
    #expect(Set(flat).count == flat.count && flat.count == names.count - 5)
  }

  @Test func whatHasNoPlaceIsReturned() throws {
    var checkpoint = try model("bert", .flat, .sequenceClassification)
    checkpoint.unmapped = [NamedTensor("extra", tensor([1], seed: ""))]
    let role = Role(.layer(0, .query), .bias)
    let index = try #require(checkpoint.parameters.firstIndex { $0.role == role })
    let dense = checkpoint.parameters[index].storage
    checkpoint.parameters[index].storage = .sum(dense, dense)
    let renaming = checkpoint.renamed(to: try Dialects.named("bert"), style: .flat)
    #expect(renaming.unplaced.map(\.reason) == [.unmapped])
    let summed = try #require(renaming.tensors.first { $0.role == role })
    #expect(summed.storage?.kind == .sum)
  }

  @Test func unknownHeadsAreRefusedWhereTheyAreNeeded() throws {
    var checkpoint = try model("bert", .flat)
    guard var encoder = checkpoint.architecture.encoder else { return }
    encoder.layers = encoder.layers.map {
      LayerShape(heads: nil, attention: $0.attention, intermediate: $0.intermediate)
    }
    checkpoint.architecture = .encoder(encoder)
    let renaming = checkpoint.renamed(
      to: try Dialects.named("keras-hub-bert"), style: .kerasPaths)
    #expect(renaming.unplaced.count == 3 * 7)
    #expect(renaming.unplaced.allSatisfy { $0.reason == .headsUnknown })
  }

  @Test func whatTheReaderWillMissIsSaid() throws {
    let checkpoint = EncoderArchitecture.tiny(.bert, .maskedLanguageModel).checkpoint()
    let renaming = checkpoint.renamed(to: try Dialects.named("keras-hub-bert"), style: .kerasPaths)
    #expect(renaming.lacking == [Role(.pooler, .weight), Role(.pooler, .bias)])
  }
}
