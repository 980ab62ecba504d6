import Checkpoints
import Encoders
import Recipes
import Tensors
import TestSupport

/// What PyTorch computes with one model: a file of `samples/encoders/golden`.
struct GoldenModel {
  /// The model's folder among the samples, such as `encoders/bert/masked-lm`.
  let model: String
  /// In the order of their lengths.
  let sequences: [GoldenSequence]

  /// - Parameter model: a folder among the samples.
  init(_ model: String) throws {
    self.model = model
    let file = model.replacing(/^encoders\//, with: "").replacing("/", with: "--")
    let tensors = try GoldenTensors("encoders/golden/\(file).safetensors")
    sequences = try tensors.lengths.map { try GoldenSequence(tensors, prefix: "s\($0).") }
  }

  /// The folder of the model itself.
  var path: String { Places.sample(model) }

  /// The models of `make_samples.py`; small weights and even attention.
  static let samples =
    ["bert-tiny", "sst2-tiny"]
    + [
      "masked-lm", "model", "multiple-choice", "next-sentence", "question-answering",
      "sequence-classification", "token-classification",
    ].map { "heads/\($0)" }
    + [
      "albert-masked-lm", "albert-pretraining", "albert-sequence-classification",
      "distilbert-masked-lm", "distilbert-sequence-classification", "electra-masked-lm",
      "electra-pretraining", "electra-sequence-classification", "roberta-masked-lm",
      "roberta-sequence-classification", "xlm-roberta-masked-lm",
    ].map { "families/\($0)" }

  static let families = ["albert", "bert", "distilbert", "electra", "roberta", "xlm-roberta"]

  /// Large weights, widths that are multiples of nothing: every family with every head.
  static let lively = families.flatMap { family in
    [
      "masked-lm", "model", "question-answering", "sequence-classification", "token-classification",
    ].map { "encoders/\(family)/\($0)" }
  }
}

/// The outputs for one sequence that was run alone, without padding.
struct GoldenSequence {
  let tokens: TokenSequence
  /// `[layer][token][feature]`: what enters the first layer, then what each layer returns, inner
  /// layers of ALBERT too. Empty where it is that of the family's `model`.
  let hidden: [[[Float]]]
  /// Nil where the model has no pooler.
  let pooled: [Float]?
  /// `[token][label]` of token classification; of the other heads one row, such as `[[class]]`, and
  /// of replaced-token detection `[[token]]`.
  let logits: [[Float]]?
  /// `[token][vocabulary]` of the masked language model.
  let predictions: [[Float]]?
  /// Of the next sentence, or the sentences' order.
  let relationship: [Float]?
  /// For each token, of question answering.
  let start: [Float]?, end: [Float]?

  init(_ tensors: GoldenTensors, prefix: String) throws {
    let hidden = tensors[prefix + "hidden"]
    let width = hidden.map { $0.shape[2] } ?? 1
    let tokens = hidden.map { $0.shape[1] } ?? 1
    self.tokens = TokenSequence(
      ids: try tensors.integers(prefix + "ids"), types: try tensors.integers(prefix + "types"))
    self.hidden = split(split(try hidden?.floats() ?? [], width), tokens)
    pooled = try tensors[prefix + "pooled"]?.floats()
    logits = try tensors.rows(prefix + "logits")
    predictions = try tensors.rows(prefix + "predictions")
    relationship = try tensors[prefix + "relationship"]?.floats()
    start = try tensors[prefix + "start"]?.floats()
    end = try tensors[prefix + "end"]?.floats()
  }
}

/// The tensors of a golden file by their names.
struct GoldenTensors {
  let byName: [String: Tensor]

  init(_ sample: String) throws {
    let container = try Model.open(Places.sample(sample)).checkpoint.container
    byName = Dictionary(uniqueKeysWithValues: container.tensors.map { ($0.name, $0.tensor) })
  }

  subscript(name: String) -> Tensor? { byName[name] }

  /// The lengths of the sequences, from the `sN.ids`.
  var lengths: [Int] {
    byName.keys.compactMap { $0.wholeMatch(of: /s([0-9]+)\.ids/).flatMap { Int($0.1) } }.sorted()
  }

  /// A tensor that must be there.
  func required(_ name: String) throws -> Tensor {
    guard let tensor = byName[name] else { throw MissingGolden(name: name) }
    return tensor
  }

  func floats(_ name: String) throws -> [Float] { try required(name).floats() }

  /// The elements of an I32 or I8 tensor.
  func integers(_ name: String) throws -> [Int32] {
    let tensor = try required(name)
    return try tensor.withBytes { bytes in
      (0..<tensor.elementCount).map { index in
        tensor.elementType == .i8
          ? Int32(bytes.loadUnaligned(fromByteOffset: index, as: Int8.self))
          : bytes.loadUnaligned(fromByteOffset: index * 4, as: Int32.self)
      }
    }
  }

  /// The rows of a matrix, or the single row that a vector is; nil where the tensor is absent.
  func rows(_ name: String) throws -> [[Float]]? {
    guard let tensor = byName[name] else { return nil }
    return split(try tensor.floats(), tensor.shape[tensor.shape.rank - 1])
  }
}

struct MissingGolden: Error, CustomStringConvertible {
  let name: String
  var description: String { "the golden holds no \(name)" }
}

/// An array in consecutive parts of equal length.
private func split<Element>(_ elements: [Element], _ length: Int) -> [[Element]] {
  stride(from: 0, to: elements.count, by: length).map { Array(elements[$0..<($0 + length)]) }
}
