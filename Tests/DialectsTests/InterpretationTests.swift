import Checkpoints
import Dialects
import Documents
import Tensors
import Testing

@Suite struct InterpretationTests {
  private func read(
    _ model: EncoderArchitecture, in dialect: String = "bert", _ style: NameStyle = .flat,
    configuration document: JSON? = nil, _ change: (inout [NamedTensor]) -> Void = { _ in }
  ) throws -> Checkpoint {
    var tensors = model.written(in: try Dialects.named(dialect), style: style).tensors
    change(&tensors)
    return try Dialects.interpret(
      container(tensors, style), configuration: try document.map { try configuration($0) })
  }

  @Test func parametersAreInOrderOfTheirRoles() throws {
    let roles = try read(.tiny(.bert, .preTraining)) { $0.reverse() }.parameters.map(\.role)
    #expect(roles == roles.sorted { $0.order.lexicographicallyPrecedes($1.order) })
  }

  @Test func buffersAreNoParameters() throws {
    let ids = Tensor(.i64, [1, 16], source: MemorySource([UInt8](repeating: 0, count: 128)))
    let read = try read(.tiny(.bert, .maskedLanguageModel)) {
      $0.append(NamedTensor("bert.embeddings.position_ids", ids))
      $0.append(NamedTensor("module.embeddings.token_type_ids", ids))
    }
    #expect(read.buffers.map(\.buffer) == [.positionIDs, .tokenTypeIDs])
    #expect(read.diagnostics(.buffer).count == 2)
    #expect(read.unmapped.isEmpty)
  }

  @Test func unknownTensorsAreCarriedAndSaidOnce() throws {
    let extra = (0..<9).map { NamedTensor("extra.\($0)", tensor([1], seed: "")) }
    let read = try read(.tiny(.bert)) { $0 += extra }
    #expect(read.unmapped.map(\.name) == extra.map(\.name))
    let said = read.diagnostics(.unmapped)
    #expect(said.count == 1)
    #expect(said[0].severity == .warning)
    #expect(said[0].message.contains("extra.0") && said[0].message.contains("9 in all"))
  }

  @Test func gapsAreErrors() throws {
    let read = try read(.tiny(.bert, .sequenceClassification, layers: 4)) { tensors in
      tensors.removeAll {
        $0.name.contains("layer.1.") || $0.name.contains("position_embeddings")
          || $0.name == "bert.encoder.layer.2.output.dense.bias" || $0.name == "classifier.bias"
      }
    }
    let messages = read.diagnostics(.missing).map(\.message)
    #expect(read.diagnostics(.missing).allSatisfy { $0.severity == .error })
    #expect(messages[0] == "missing whole layers: 1")
    #expect(messages[1].contains("embeddings.position.weight"))
    #expect(messages[1].contains("encoder.2.ffn.output.bias"))
    #expect(messages[1].contains("head.classifier.output.bias"))
    #expect(read.architecture.encoder?.layers.count == 4)
  }

  @Test func contradictionsAreErrorsWithTheirTensor() throws {
    let names = [
      "bert.encoder.layer.1.attention.self.key.weight": Shape([12, 11]),
      "bert.encoder.layer.1.intermediate.dense.bias": [19],
      "bert.embeddings.LayerNorm.weight": [13],
      "classifier.bias": [4],
    ]
    let read = try read(.tiny(.bert, .sequenceClassification)) { tensors in
      tensors = tensors.map { named in
        names[named.name].map { NamedTensor(named.name, tensor($0, seed: "")) } ?? named
      }
    }
    #expect(Set(read.diagnostics(.shape).compactMap(\.tensor)) == Set(names.keys))
    #expect(read.diagnostics(.shape).allSatisfy { $0.severity == .error })
    #expect(read.unmapped.isEmpty)
  }

  @Test func layersMayDiffer() throws {
    var model = EncoderArchitecture.tiny(.bert)
    model.layers[1] = LayerShape(heads: 1, attention: 6, intermediate: 5)
    let read = try read(model, configuration: model.document)
    #expect(read.architecture == .encoder(model))
    #expect(read.problems == [])
  }

  @Test func headsAreToldByKernelsOrTheConfiguration() throws {
    let model = EncoderArchitecture.tiny(.bert)
    let keras = try read(model, in: "keras-hub-bert", .kerasPaths)
    #expect(keras.architecture.encoder?.layers.map(\.heads) == [2, 2, 2])
    let unknown = try read(model)
    #expect(unknown.architecture.encoder?.layers.map(\.heads) == [nil, nil, nil])
    #expect(unknown.diagnostics(.headsUnknown).count == 1)
    for heads in [0, 5, -1] {
      let wrong = try read(model, configuration: ["num_attention_heads": .integer(heads)])
      #expect(wrong.diagnostics(.headsUnknown).count == 1)
    }
  }

  @Test func theConfigurationIsHeldAgainstShapes() throws {
    let read = try read(
      .tiny(.bert),
      configuration: [
        "num_hidden_layers": 12, "hidden_size": 768, "vocab_size": 30, "num_attention_heads": 2,
      ])
    let said = read.diagnostics(.configuration)
    #expect(said.count == 2)
    #expect(said.allSatisfy { $0.severity == .warning })
    #expect(said[0].message == "config.json says 12 layers, the tensors 3")
  }

  @Test func anAlbertRunsItsLayersAsOftenAsTheConfigurationSays() throws {
    let model = EncoderArchitecture.tiny(.albert)
    let read = try read(model, in: "albert", configuration: model.document)
    #expect(read.architecture == .encoder(model))
    #expect(read.problems == [])
    let once = try self.read(model, in: "albert")
    #expect(once.architecture.encoder?.layers.count == 4)
    #expect(once.diagnostics(.configurationMissing).count == 1)
    let absurd = try self.read(
      model, in: "albert", configuration: ["num_hidden_layers": 16_000_000])
    #expect(absurd.architecture.encoder?.layers.count == 4)
  }

  @Test func stackedLayersOfAnAlbertFollowTheirGroups() {
    let model = EncoderArchitecture.tiny(.albert)
    #expect(model.layers.indices.map(model.storedLayer) == [0, 1, 0, 1, 2, 3, 2, 3])
  }

  @Test(arguments: [
    (EncoderFamily.bert, Head.sequenceClassification), (.bert, .tokenClassification),
    (.roberta, .sequenceClassification), (.roberta, .tokenClassification),
    (.distilbert, .sequenceClassification), (.distilbert, .tokenClassification),
    (.electra, .sequenceClassification), (.electra, .tokenClassification),
    (.albert, .sequenceClassification), (.albert, .tokenClassification),
  ])
  func classifiersAreToldApartWithoutAConfiguration(_ family: EncoderFamily, _ head: Head) throws {
    let dialect = try #require(Dialects.usual(for: .encoder(family), style: .flat))
    let read = try read(.tiny(family, head), in: dialect.name)
    #expect(read.architecture.encoder?.head == head)
  }

  @Test func aClassNameThatTensorsContradictIsNotBelieved() throws {
    let read = try read(
      .tiny(.bert, .questionAnswering),
      configuration: ["architectures": ["BertForTokenClassification"]])
    #expect(read.architecture.encoder?.head == .questionAnswering)
  }

  @Test func labelsOfAnotherNumberAreNotTaken() throws {
    let read = try read(
      .tiny(.bert, .sequenceClassification), configuration: ["id2label": ["0": "no", "1": "yes"]])
    #expect(read.architecture.encoder?.labels == [])
  }

  @Test func wrappersOfKerasTasks() throws {
    let model = EncoderArchitecture.tiny(.bert, .sequenceClassification)
    for (old, new) in [
      ("layers/bert_backbone/", "backbone/"),
      ("layers/bert_backbone/layers/", "backbone/_layer_checkpoint_dependencies/"),
      ("query_dense", "_query_dense"), ("layers/", "/layers/"),
    ] {
      let read = try read(model, in: "keras-hub-bert", .kerasPaths) { tensors in
        tensors = tensors.map {
          NamedTensor($0.name.replacing(old, with: new, maxReplacements: 1), $0.tensor)
        }
      }
      #expect(read.problems == [])
      #expect(read.architecture.encoder?.head == .sequenceClassification)
    }
  }

  @Test func tensorFlowNamesAreReadWithoutTheirSuffix() throws {
    let model = EncoderArchitecture.tiny(.bert, .preTraining)
    for style in [NameStyle.flat, .kerasLayers] {
      let read = try read(model, in: "tf-bert", style, configuration: model.document) { tensors in
        tensors = tensors.map {
          NamedTensor(
            $0.name.replacing(":0", with: "")
              .replacing("word_embeddings/weight", with: "word_embeddings/embeddings"), $0.tensor)
        }
      }
      #expect(read.problems == [])
      #expect(read.architecture == .encoder(model))
    }
  }
}
