import Checkpoints
import Documents
import Encoders
import Recipes
import TestSupport

@testable import Training

/// What PyTorch finds for one model: a file of `samples/gradients`.
struct GoldenGradients {
  let model: String
  private let document: JSON

  static let names = [
    "albert--masked-lm", "albert--question-answering", "albert--sequence-classification",
    "bert--masked-lm", "bert--question-answering", "bert--sequence-classification",
    "bert--token-classification", "distilbert--masked-lm", "distilbert--question-answering",
    "distilbert--sequence-classification", "distilbert--token-classification",
    "electra--masked-lm", "electra--sequence-classification", "heads--sequence-classification",
    "roberta--masked-lm", "roberta--sequence-classification", "xlm-roberta--masked-lm",
    "xlm-roberta--sequence-classification",
  ]

  init(_ name: String) throws {
    document = try JSON.read(Places.sample("gradients/\(name).json"))
    let path = name.replacing("--", with: "/")
    model = name.hasPrefix("heads") ? path : "encoders/\(path)"
  }

  var checkpoint: Checkpoint {
    get throws { try Model.open(Places.sample(model)).checkpoint }
  }

  var head: String { document["head"]?.string ?? "" }
  var loss: Double { document["loss"]?.number ?? .nan }
  /// The first few, row after row.
  var logits: [Double] { numbers(document["logits"]) }
  var labels: [Int32] { numbers(document["labels"]).map { Int32($0) } }

  var sequences: [TokenSequence] {
    zip(document["ids"]?.array ?? [], document["types"]?.array ?? []).map { ids, types in
      TokenSequence(
        ids: numbers(ids).map { Int32($0) }, types: numbers(types).map { Int32($0) })
    }
  }

  /// By PyTorch's name of the parameter: the norm, the first, the middle and the last value.
  var gradients: [String: [Double]] {
    Dictionary(
      uniqueKeysWithValues: (document["gradients"]?.members ?? []).map {
        ($0.key, numbers($0.value))
      })
  }

  private func numbers(_ value: JSON?) -> [Double] { (value?.array ?? []).compactMap(\.number) }

  /// The loss that the golden's head is trained with.
  func loss(of output: ModelOutput, _ tape: Tape) throws -> Node {
    guard let logits = output.logits else { throw MissingLogits() }
    guard head == "question-answering" else {
      return try tape.crossEntropy(logits, labels: labels)
    }
    let spans = stride(from: 0, to: labels.count, by: 2).map {
      (first: Int(labels[$0]), last: Int(labels[$0 + 1]))
    }
    return try tape.spanLoss(logits, spans: spans, of: output.ranges)
  }
}

struct MissingLogits: Error {}
