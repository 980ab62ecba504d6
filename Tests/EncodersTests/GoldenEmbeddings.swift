import Tensors
import TestSupport

/// Sentence embeddings that sentence-transformers computes with one model, in a padded batch.
struct GoldenEmbeddings {
  let texts: [String]
  /// The tokens of each text, cut at the model's limit.
  let ids: [[Int32]]
  /// `[text][feature]`.
  let embeddings: [[Float]]
  /// Of the pairs of STS-B's development set in English, in its order; all-MiniLM-L6-v2 only.
  let pairCosines: [Float]?

  /// The folders of `samples/encoders/sentence`, which are named after their pooling.
  static let poolings = ["mean", "cls", "max", "mean-normalize"]

  static func pooling(_ name: String) throws -> GoldenEmbeddings {
    try GoldenEmbeddings("sentence--\(name)", texts: "encoders/sentence/sentences.txt")
  }

  /// The model itself is no sample.
  static func miniLM() throws -> GoldenEmbeddings {
    try GoldenEmbeddings("all-minilm-l6-v2", texts: "encoders/sentences.txt")
  }

  private init(_ file: String, texts: String) throws {
    let tensors = try GoldenTensors("encoders/golden/\(file).safetensors")
    let lines = String(decoding: try bytes(of: Places.sample(texts)), as: UTF8.self)
    self.texts = lines.split(separator: "\n").map(String.init)
    ids = try self.texts.indices.map { try tensors.integers("e\($0).ids") }
    embeddings = try tensors.rows("embeddings") ?? []
    pairCosines = try tensors["stsb.cosine"]?.floats()
  }
}
