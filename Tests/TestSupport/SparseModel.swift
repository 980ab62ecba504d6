import Foundation

/// The tensors of a BERT.
public struct BERTShapes: Sendable {
  public var vocabulary: Int
  public var hidden: Int
  public var layers: Int
  public var intermediate: Int

  public init(vocabulary: Int, hidden: Int, layers: Int, intermediate: Int) {
    self.vocabulary = vocabulary
    self.hidden = hidden
    self.layers = layers
    self.intermediate = intermediate
  }

  public static func base(prefix: String = "") -> [(String, [Int])] {
    BERTShapes(vocabulary: 30522, hidden: 768, layers: 12, intermediate: 3072).encoder(
      prefix: prefix)
  }

  public func encoder(prefix: String) -> [(String, [Int])] {
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

  public static let preTrainingHeads: [(String, [Int])] = [
    ("cls.predictions.transform.dense.weight", [768, 768]),
    ("cls.predictions.transform.dense.bias", [768]),
    ("cls.predictions.transform.LayerNorm.weight", [768]),
    ("cls.predictions.transform.LayerNorm.bias", [768]), ("cls.predictions.bias", [30522]),
    ("cls.seq_relationship.weight", [2, 768]), ("cls.seq_relationship.bias", [2]),
  ]
}

/// A safetensors file whose data is one hole.
public struct SparseModel {
  private let tensors: [(String, [Int])]

  public init(_ tensors: [(String, [Int])]) { self.tensors = tensors }

  public func write(to path: String) throws {
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
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.truncate(atOffset: UInt64(8 + header.count + end))
    try file.close()
  }
}
