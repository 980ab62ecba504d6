import Encoders
import Foundation
import Recipes
import Tasks
import TestSupport
import Testing

/// Vectors of sentences against sentence-transformers.
@Suite struct SentenceTests {
  @Test(arguments: GoldenEmbeddings.poolings)
  func everyPoolingIsSentenceTransformers(_ pooling: String) throws {
    let golden = try GoldenEmbeddings.pooling(pooling)
    // The older folders set a limit of 12 tokens, which two lines pass.
    let truncated = ["max", "mean-normalize"].contains(pooling) ? 2 : 0
    let folder = Places.sample("encoders/sentence/\(pooling)")
    try expectVectors(golden, of: folder, truncated: truncated)
  }

  /// The published model, where `PARE_MINILM` names its folder.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["PARE_MINILM"] != nil))
  func miniLMIsSentenceTransformers() throws {
    let folder = try #require(ProcessInfo.processInfo.environment["PARE_MINILM"])
    try expectVectors(try GoldenEmbeddings.miniLM(), of: folder, truncated: 1)
  }

  @Test func aPoolingThatIsAskedForWins() throws {
    var request = ModelRequest(Places.sample("encoders/sentence/mean"))
    request.pooling = .cls
    var embedding = try SentenceEmbedding(request)
    let expected = try GoldenEmbeddings.pooling("cls")
    expectEqual(
      EncoderOutput(try embedding.vectors(of: expected.texts)), expected.embeddings, "cls")
  }

  private func expectVectors(
    _ golden: GoldenEmbeddings, of folder: String, truncated: Int
  ) throws {
    var embedding = try SentenceEmbedding(ModelRequest(folder))
    let tokenizer = try Tokenizer(folder: folder)
    let model = try Model.open(folder).checkpoint
    let limit = min(
      model.architecture.encoder?.positions ?? 0, tokenizer.modelLimit ?? .max)
    for (text, ids) in zip(golden.texts, golden.ids) {
      #expect(tokenizer.encode(text, nil, limit: limit).sequence.ids == ids, "\(text)")
    }
    let vectors = try embedding.vectors(of: golden.texts)
    expectEqual(EncoderOutput(vectors), golden.embeddings, folder)
    #expect(embedding.truncated == truncated)
  }
}

extension EncoderOutput {
  /// Vectors as the rows of one output.
  fileprivate init(_ vectors: [[Float]]) {
    self.init(
      rows: vectors.count, columns: vectors.first?.count ?? 0, values: vectors.flatMap { $0 })
  }
}
