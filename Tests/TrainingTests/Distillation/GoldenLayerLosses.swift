import Checkpoints
import Documents
import Encoders
import Recipes
import TestSupport

@testable import Training

/// What PyTorch finds for a student held against a teacher's layers: a file of `samples/distillation`.
struct GoldenLayerLosses {
  private let document: JSON

  static let names = [
    "all", "embeddings", "heads-differ", "hidden", "hidden-mapped", "probabilities", "scores",
  ]

  static let maps: [(name: String, output: TrainableParameter.MappedOutput)] = [
    ("hidden", .hiddenStates), ("embeddings", .embeddings),
  ]

  init(_ name: String) throws {
    document = try JSON.read(Places.sample("distillation/\(name).json"))
  }

  var losses: DistillationLosses {
    get throws { try DistillationLosses(document["losses"]?.string ?? "") }
  }
  var loss: Double { document["loss"]?.number ?? .nan }

  func checkpoint(_ key: String) throws -> Checkpoint {
    try Model.open(Places.sample(document[key]?.string ?? "")).checkpoint
  }

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

  /// The numbers of a map and what is known of their gradients: of the weight, then of the bias.
  func map(_ name: String) -> [(values: [Float], gradient: [Double])]? {
    guard let map = document["maps"]?[name] else { return nil }
    return ["weight", "bias"].enumerated().map { index, key in
      (numbers(map[key]).map { Float($0) }, numbers(map["gradients"]?.array?[index]))
    }
  }

  private func numbers(_ value: JSON?) -> [Double] { (value?.array ?? []).compactMap(\.number) }
}

extension [TokenSequence] {
  var store: TokenStore {
    reduce(into: TokenStore()) { store, sequence in store.append(sequence) }
  }
}
