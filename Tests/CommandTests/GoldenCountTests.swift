import Documents
import Foundation
import TestSupport
import Testing

/// The parameter counts that BERT is known by, on files of its shapes that hold nothing but holes.
@Suite struct GoldenCountTests {
  private func counts(_ path: String) throws -> JSON {
    let result = try pare("inspect", "--json", path)
    try #require(result.status == 0, "\(result.errors)")
    return try #require(
      JSON.parse([UInt8](result.output.utf8), file: "output")["counts"])
  }

  @Test func baseEncoder() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("model.safetensors", [])
    try SparseModel(BERTShapes.base()).write(to: path)
    let counts = try counts(path)
    #expect(counts["uniqueParameters"] == 109_482_240)
    #expect(counts["storedElements"] == 109_482_240)
  }

  @Test func basePreTraining() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("model.safetensors", [])
    try SparseModel(BERTShapes.base(prefix: "bert.") + BERTShapes.preTrainingHeads).write(to: path)
    let counts = try counts(path)
    #expect(counts["uniqueParameters"] == 110_106_428)
    #expect(counts["logicalParameters"] == 133_547_324)
  }

  /// MiniLM-L6-v2 stores a buffer of 512 position ids.
  @Test func miniLM() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("model.safetensors", [])
    let shapes = BERTShapes(vocabulary: 30522, hidden: 384, layers: 6, intermediate: 1536)
    try SparseModel(
      shapes.encoder(prefix: "") + [("embeddings.position_ids", [1, 512])]
    ).write(to: path)
    let counts = try counts(path)
    #expect(counts["uniqueParameters"] == 22_713_216)
    #expect(counts["storedElements"] == 22_713_728)
  }
}
