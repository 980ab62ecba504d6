import Checkpoints
import Documents
import Passes
import Tensors
import TestSupport
import Testing

@Suite struct DropTests {
  @Test(arguments: [
    (Head.preTraining, "head", Head.none, "BertModel"),
    (.preTraining, "mlm", .nextSentence, "BertForNextSentencePrediction"),
    (.preTraining, "nsp", .maskedLanguageModel, "BertForMaskedLM"),
    (.maskedLanguageModel, "mlm", .none, "BertModel"),
    (.sequenceClassification, "head", .none, "BertModel"),
  ])
  func whatIsLeftIsAModelOfItsOwn(
    _ head: Head, _ part: String, _ left: Head, _ className: String
  ) throws {
    let model = try TinyEncoder(
      head: head, configuration: [("architectures", ["Former"]), ("id2label", ["0": "a"])]
    ).checkpoint(with: [Role(.pooler, .weight), Role(.pooler, .bias)])
    let result = try model.after(Drop.self, [(part, ["true"])])
    let encoder = try #require(result.architecture.encoder)
    #expect(encoder.head == left)
    #expect(result.configuration?.document["architectures"] == [.string(className)])
    #expect(result.configuration?.document["id2label"] == nil)
    let needed = Set(encoder.requirements.map(\.role))
    #expect(result.parameters.allSatisfy { needed.contains($0.role) })
    #expect(result.parameters.count < model.parameters.count)
  }

  @Test(arguments: [
    (Head.none, "head", "drop: the model has no head"),
    (.none, "buffers", "drop: the model has no buffers"),
    (.none, "unmapped", "drop: the model has no unmapped tensors"),
    (.maskedLanguageModel, "nsp", "drop: the model has no prediction of sentences"),
    (.sequenceClassification, "mlm", "drop: the model has no masked language model"),
    (
      .sequenceClassification, "pooler", "drop: the head, sequence-classification, reads the pooler"
    ),
    (.tokenClassification, "pooler", "drop: the model has no pooler"),
  ])
  func whatIsNotThereIsNotDropped(_ head: Head, _ part: String, _ message: String) throws {
    let model = try TinyEncoder(head: head).checkpoint()
    let failure = try #require(throws: Failure.self) {
      _ = try model.after(Drop.self, [(part, ["true"])])
    }
    #expect(failure.description == message)
  }

  @Test func thePoolerGoesWithTheHeadThatReadsIt() throws {
    let model = try TinyEncoder(head: .sequenceClassification).checkpoint()
    let result = try model.after(Drop.self, [("head", ["true"]), ("pooler", ["true"])])
    #expect(result.shape(.pooler) == nil)
  }

  @Test func whatIsNoParameterGoesByItself() throws {
    var model = try TinyEncoder().checkpoint()
    let tensor = Tensor([1], [1])
    model.buffers = [StoredBuffer(.positionIDs, name: "ids", tensor: tensor)]
    model.unmapped = [NamedTensor("odd", tensor)]
    let result = try model.after(Drop.self, [("buffers", ["true"]), ("unmapped", ["true"])])
    #expect(result.buffers.isEmpty && result.unmapped.isEmpty)
    #expect(result.parameters.count == model.parameters.count)
  }
}

@Suite struct TieTests {
  private let decoder = Role(.head(.maskedDecoder), .weight)
  private let word = Role(.embedding(.word), .weight)

  /// A model whose decoder has a weight of its own, equal to the word embedding or not.
  private func model(isEqual: Bool) throws -> Checkpoint {
    var model = try TinyEncoder(
      head: .maskedLanguageModel, configuration: [("tie_word_embeddings", false)]
    ).checkpoint(with: [decoder])
    guard isEqual else { return model }
    let index = try #require(model.parameters.firstIndex { $0.role == decoder })
    let bytes = try #require(model.parameter(word)).stored.allBytes()
    let copy = Tensor(.f32, [30, 12], source: MemorySource(bytes))
    model.parameters[index] = model.parameters[index].holding(.dense(copy))
    return model
  }

  @Test func equalValuesAreStoredOnce() throws {
    let model = try model(isEqual: true)
    let result = try model.after(Tie.self)
    guard case .shared(let owner) = result.parameter(decoder)?.storage else {
      return #expect(Bool(false), "not tied")
    }
    #expect(owner == word)
    #expect(result.counts.uniqueParameters == model.counts.uniqueParameters - 360)
    #expect(result.counts.logicalParameters == model.counts.logicalParameters)
    #expect(result.configuration?.document["tie_word_embeddings"] == true)
    #expect(try result.after(Tie.self).counts == result.counts)
  }

  @Test func otherValuesAreNotTied() throws {
    let failure = try #require(throws: Failure.self) {
      _ = try model(isEqual: false).after(Tie.self)
    }
    #expect(
      failure.description
        == "tie: head.mlm.decoder.weight differs from what it could be tied with")
    #expect(throws: Failure.self) { _ = try TinyEncoder().checkpoint().after(Tie.self) }
  }

  @Test func equalParametersThatNothingTiesAreNamed() throws {
    var model = try model(isEqual: true)
    let index = try #require(
      model.parameters.firstIndex { $0.role == Role(.layer(2, .key), .weight) })
    let query = try #require(model.parameter(Role(.layer(0, .query), .weight)))
    model.parameters[index] = model.parameters[index].holding(query.storage)
    let notes = try model.after(Tie.self).diagnostics.map(\.message)
    #expect(
      notes == [
        "encoder.2.attention.key.weight is equal to encoder.0.attention.query.weight, with which no file can tie it"
      ])
  }
}
