import Checkpoints
import Dialects
import Documents
import Tensors
import TestSupport
import Testing

/// The names and shapes that the genuine libraries wrote, by the lists beside the samples.
@Suite struct GoldenNamesTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    var goldens: [String]
    var configuration: String?
    var naming: NameStyle
    var dialect: String
    var family: EncoderFamily
    var head: Head
    var canonical: String

    var testDescription: String { goldens[0] }

    /// Whether it has the pooler that Google's models always have, and Hugging Face's with such a head do not.
    var addsPooler: Bool {
      [Head.maskedLanguageModel, .questionAnswering, .tokenClassification].contains(head)
        && goldens[0].hasPrefix("tf-checkpoint")
    }

    init(
      _ goldens: String..., configuration: String? = nil, naming: NameStyle = .flat,
      dialect: String, _ family: EncoderFamily, _ head: Head, canonical: String
    ) {
      self.goldens = goldens
      self.configuration = configuration
      self.naming = naming
      self.dialect = dialect
      self.family = family
      self.head = head
      self.canonical = canonical
    }
  }

  /// The samples that Hugging Face's libraries wrote in both frameworks.
  static let huggingFace: [Sample] = [
    ("heads--model", EncoderFamily.bert, Head.none),
    ("heads--masked-lm", .bert, .maskedLanguageModel),
    ("heads--multiple-choice", .bert, .multipleChoice),
    ("heads--next-sentence", .bert, .nextSentence),
    ("heads--question-answering", .bert, .questionAnswering),
    ("heads--sequence-classification", .bert, .sequenceClassification),
    ("heads--token-classification", .bert, .tokenClassification),
    ("families--albert-masked-lm", .albert, .maskedLanguageModel),
    ("families--albert-pretraining", .albert, .preTraining),
    ("families--albert-sequence-classification", .albert, .sequenceClassification),
    ("families--distilbert-masked-lm", .distilbert, .maskedLanguageModel),
    ("families--distilbert-sequence-classification", .distilbert, .sequenceClassification),
    ("families--electra-masked-lm", .electra, .maskedLanguageModel),
    ("families--electra-pretraining", .electra, .replacedTokenDetection),
    ("families--electra-sequence-classification", .electra, .sequenceClassification),
    ("families--roberta-masked-lm", .roberta, .maskedLanguageModel),
    ("families--roberta-sequence-classification", .roberta, .sequenceClassification),
    ("families--xlm-roberta-masked-lm", .xlmRoberta, .maskedLanguageModel),
  ].flatMap { stem, family, head -> [Sample] in
    let configuration = stem.replacing("--", with: "/")
    let dialect = family == .xlmRoberta ? "roberta" : family.rawValue
    let pyTorch = Sample(
      "\(stem)--model.safetensors", configuration: configuration, dialect: dialect, family, head,
      canonical: stem)
    let hasTwin = !["multiple-choice", "next-sentence", "xlm-roberta"].contains(
      where: stem.contains)
    guard hasTwin else { return [pyTorch] }
    let twin = Sample(
      "\(stem)--tf_model.h5", configuration: configuration, naming: .kerasLayers,
      dialect: "tf-\(dialect)", family, head, canonical: stem)
    return [pyTorch, twin]
  }

  static let others: [Sample] = [
    bertTiny("bert-tiny--model.safetensors", "bert"),
    bertTiny("bert-tiny-tf--tf_model.h5", "tf-bert", .kerasLayers),
    bertTiny("bert-tiny-tf-safetensors--model.safetensors", "tf-bert"),
    bertTiny("keras-legacy--split-attributes.h5", "tf-bert", .kerasLayers),
    bertTiny("old-names--gamma-beta.safetensors", "bert"),
    bertTiny("old-names--module-prefix.safetensors", "bert"),
    bertTiny("old-names--model-prefix.safetensors", "bert"),
    bertTiny("old-names--untied.safetensors", "bert"),
    Sample(
      "bert-tiny-tf-sharded--tf_model-00001-of-00003.h5",
      "bert-tiny-tf-sharded--tf_model-00002-of-00003.h5",
      "bert-tiny-tf-sharded--tf_model-00003-of-00003.h5",
      configuration: "bert-tiny", dialect: "tf-bert", .bert, .preTraining, canonical: "bert-tiny"),
    Sample(
      "keras-hub-preset--model.weights.h5", naming: .kerasPaths, dialect: "keras-hub-bert", .bert,
      .none, canonical: "keras-hub-backbone"),
    Sample(
      "keras-hub--backbone-sharded_00000.weights.h5",
      "keras-hub--backbone-sharded_00001.weights.h5", configuration: "keras-hub-preset",
      naming: .kerasPaths, dialect: "keras-hub-bert", .bert, .none,
      canonical: "keras-hub-backbone"),
    Sample(
      "keras-hub--backbone.keras", naming: .kerasPaths, dialect: "keras-hub-bert", .bert, .none,
      canonical: "keras-hub-backbone"),
    Sample(
      "keras-hub--masked-lm.weights.h5", naming: .kerasPaths, dialect: "keras-hub-bert", .bert,
      .maskedLanguageModel, canonical: "keras-hub-masked-lm"),
    Sample(
      "keras-hub--text-classifier.weights.h5", naming: .kerasPaths, dialect: "keras-hub-bert",
      .bert, .sequenceClassification, canonical: "keras-hub-text-classifier"),
    Sample(
      "sst2-tiny--tf_model.h5", configuration: "sst2-tiny", naming: .kerasLayers,
      dialect: "tf-bert", .bert, .sequenceClassification, canonical: "sst2-tiny"),
  ]

  /// Checkpoints of TensorFlow, by the names of Google and of the model garden.
  static let tensorFlow: [Sample] = [
    ("google--bert_model.ckpt", "google-bert", Head.preTraining, "bert-tiny"),
    ("sharded--model.ckpt", "google-bert", .preTraining, "bert-tiny"),
    (
      "classifier--model.ckpt-343", "google-bert", .sequenceClassification,
      "heads--sequence-classification"
    ),
    ("squad--model.ckpt-100", "google-bert", .questionAnswering, "heads--question-answering"),
    ("garden--encoder-1", "model-garden-bert", .none, "heads--model"),
    ("garden--encoder-v2-1", "model-garden-bert", .none, "heads--model"),
    ("garden--pretrainer-1", "model-garden-bert", .maskedLanguageModel, "heads--masked-lm"),
    ("garden--old-pretrainer-1", "model-garden-bert", .preTraining, "bert-tiny"),
    (
      "garden--classifier-1", "model-garden-bert", .sequenceClassification,
      "heads--sequence-classification"
    ),
    (
      "garden--classifier-legacy-optimizer-1", "model-garden-bert", .sequenceClassification,
      "heads--sequence-classification"
    ),
    ("garden--span-1", "model-garden-bert", .questionAnswering, "heads--question-answering"),
    ("garden--tags-1", "model-garden-bert", .tokenClassification, "heads--token-classification"),
  ].map { golden, dialect, head, canonical in
    Sample(
      "tf-checkpoint--\(golden)", configuration: canonical.replacing("--", with: "/"),
      dialect: dialect, .bert, head, canonical: canonical)
  }

  private static func bertTiny(
    _ golden: String, _ dialect: String, _ naming: NameStyle = .flat
  ) -> Sample {
    Sample(
      golden, configuration: "bert-tiny", naming: naming, dialect: dialect, .bert, .preTraining,
      canonical: "bert-tiny")
  }

  @Test(arguments: huggingFace + others + tensorFlow) func everyTensorIsUnderstood(_ sample: Sample)
    throws
  {
    let checkpoint = try checkpoint(sample)
    #expect(checkpoint.dialect == sample.dialect)
    #expect(checkpoint.unmapped.map(\.name) == [])
    #expect(checkpoint.problems == [])
    let encoder = try #require(checkpoint.architecture.encoder)
    #expect(encoder.family == sample.family)
    #expect(encoder.head == sample.head)
    #expect(encoder.layers.allSatisfy { $0.heads != nil })
    #expect(Set(checkpoint.parameters.map(\.role)).count == checkpoint.parameters.count)
    let canonical = try golden("canonical/\(sample.canonical)")
    let pooler = sample.addsPooler ? 16 * 16 + 16 : 0
    #expect(
      checkpoint.counts.uniqueParameters - pooler == canonical["uniqueParameters"]?.integer)
  }

  /// By the family's own dialect the model has the names and shapes that PyTorch gave it.
  @Test(arguments: huggingFace + others + tensorFlow) func pyTorchNamesComeOut(_ sample: Sample)
    throws
  {
    let checkpoint = try checkpoint(sample)
    let dialect = try #require(Dialects.usual(for: .encoder(sample.family), style: .flat))
    let renaming = checkpoint.renamed(to: dialect, style: .flat)
    #expect(renaming.unplaced.map(\.name) == [])
    let found = renaming.tensors.map { "\($0.targetName) \($0.tensor.shape)" }
    let canonical = try golden("canonical/\(sample.canonical)")
    var expected = try rows(canonical["parameters"]).map { "\($0.name) \($0.tensor.shape)" }
    if sample.addsPooler {
      expected += ["bert.pooler.dense.weight [16, 16]", "bert.pooler.dense.bias [16]"]
    }
    #expect(found.sorted() == expected.sorted())
  }

  /// TensorFlow's names come out as they were, the second copies too.
  @Test(arguments: huggingFace.filter { $0.naming == .kerasLayers })
  func tensorFlowNamesComeOut(_ sample: Sample) throws {
    let checkpoint = try checkpoint(sample)
    let dialect = try Dialects.named(sample.dialect)
    let renaming = checkpoint.renamed(to: dialect, style: .kerasLayers)
    #expect(
      renaming.tensors.map(\.targetName).sorted()
        == checkpoint.container.tensors.map(\.name).sorted())
    #expect(renaming.tensors.allSatisfy { $0.transform.isEmpty })
  }

  @Test func labelsAreTheConfigurations() throws {
    let sample = Self.huggingFace.first { $0.head == .sequenceClassification }
    let checkpoint = try checkpoint(try #require(sample))
    #expect(checkpoint.architecture.encoder?.labels == ["negative", "neutral", "positive"])
  }

  @Test func optimizersAreSaidAndNoPart() throws {
    let sample = Self.others.first { $0.goldens[0].contains("masked-lm.weights") }
    let checkpoint = try checkpoint(try #require(sample))
    let skipped = checkpoint.diagnostics(.skipped)
    #expect(skipped.count == 1)
    #expect(skipped.first?.message.hasPrefix("2 variables") == true)
  }

  @Test(arguments: [
    "keras-legacy--keras2.weights.h5", "keras-legacy--whole-model-keras2.h5",
    "keras-hub--classifier-with-optimizer.weights.h5", "hdf5--chunked.h5",
  ])
  func otherModelsAreUnknown(_ name: String) throws {
    let tensors = try rows(golden(name)["tensors"])
    let checkpoint = try Dialects.interpret(container(tensors, .kerasPaths))
    #expect(checkpoint.architecture == .unknown)
    #expect(checkpoint.dialect == nil)
    #expect(checkpoint.diagnostics(.unknownDialect).count == 1)
    #expect(!checkpoint.unmapped.contains { $0.name.hasPrefix("optimizer") })
  }

  private func checkpoint(_ sample: Sample) throws -> Checkpoint {
    let tensors = try sample.goldens.flatMap { try rows(golden($0)["tensors"]) }
    let configuration = try sample.configuration.map {
      try Configuration(reading: Places.sample("\($0)/config.json"))
    }
    return try Dialects.interpret(container(tensors, sample.naming), configuration: configuration)
  }

  private func golden(_ name: String) throws -> JSON {
    try JSON.read(Places.sample("golden/\(name).json"))
  }

  /// Tensors of the listed names, types and shapes; those of equal bytes have equal bytes here too.
  private func rows(_ rows: JSON?) throws -> [NamedTensor] {
    try #require(rows?.array).map { row in
      let shape = Shape(try #require(row["shape"]?.array).compactMap(\.integer))
      let name = try #require(row["name"]?.string)
      return NamedTensor(name, tensor(shape, seed: try #require(row["sha256"]?.string)))
    }
  }
}
