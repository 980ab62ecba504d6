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

/// The tensors of a BERT.
struct BERTShapes {
  var vocabulary: Int
  var hidden: Int
  var layers: Int
  var intermediate: Int

  static func base(prefix: String = "") -> [(String, [Int])] {
    BERTShapes(vocabulary: 30522, hidden: 768, layers: 12, intermediate: 3072).encoder(
      prefix: prefix)
  }

  func encoder(prefix: String) -> [(String, [Int])] {
    let (h, i) = (hidden, intermediate)
    var tensors: [(String, [Int])] = [
      ("embeddings.word_embeddings.weight", [vocabulary, h]),
      ("embeddings.position_embeddings.weight", [512, h]),
      ("embeddings.token_type_embeddings.weight", [2, h]),
      ("embeddings.LayerNorm.weight", [h]), ("embeddings.LayerNorm.bias", [h]),
      ("pooler.dense.weight", [h, h]), ("pooler.dense.bias", [h]),
    ]
    for layer in 0..<layers {
      for (name, out, input) in [
        ("attention.self.query", h, h), ("attention.self.key", h, h),
        ("attention.self.value", h, h), ("attention.output.dense", h, h),
        ("intermediate.dense", i, h), ("output.dense", h, i),
      ] {
        tensors.append(("encoder.layer.\(layer).\(name).weight", [out, input]))
        tensors.append(("encoder.layer.\(layer).\(name).bias", [out]))
      }
      for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
        tensors.append(("encoder.layer.\(layer).\(name).weight", [h]))
        tensors.append(("encoder.layer.\(layer).\(name).bias", [h]))
      }
    }
    return tensors.map { (prefix + $0.0, $0.1) }
  }

  static let preTrainingHeads: [(String, [Int])] = [
    ("cls.predictions.transform.dense.weight", [768, 768]),
    ("cls.predictions.transform.dense.bias", [768]),
    ("cls.predictions.transform.LayerNorm.weight", [768]),
    ("cls.predictions.transform.LayerNorm.bias", [768]), ("cls.predictions.bias", [30522]),
    ("cls.seq_relationship.weight", [2, 768]), ("cls.seq_relationship.bias", [2]),
  ]
}

/// A safetensors file whose data is one hole.
struct SparseModel {
  let tensors: [(String, [Int])]

  init(_ tensors: [(String, [Int])]) { self.tensors = tensors }

  func write(to path: String) throws {
    var end = 0
    let members = tensors.map { name, shape in
      let start = end
      end += 4 * shape.reduce(1, *)
      let lengths = shape.map(String.init).joined(separator: ",")
      return #""\#(name)":{"dtype":"F32","shape":[\#(lengths)],"data_offsets":[\#(start),\#(end)]}"#
    }
    let header = [UInt8]("{\(members.joined(separator: ","))}".utf8)
    let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { [UInt8]($0) }
    try Data(length + header).write(to: URL(fileURLWithPath: path))
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    try file.truncate(atOffset: UInt64(8 + header.count + end))
    try file.close()
  }
}
