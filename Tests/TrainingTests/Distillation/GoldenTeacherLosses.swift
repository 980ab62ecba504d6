import Checkpoints
import Documents
import Encoders
import Recipes
import Tensors
import TestSupport

@testable import Training

/// What PyTorch finds for a student held against rows that a teacher has said: a file of `samples/distillation`.
struct GoldenTeacherLosses {
  private let document: JSON

  init(_ name: String) throws {
    document = try JSON.read(Places.sample("distillation/\(name).json"))
  }

  var checkpoint: Checkpoint {
    get throws { try Model.open(Places.sample(document["student"]?.string ?? "")).checkpoint }
  }

  var sequences: [TokenSequence] {
    (document["ids"]?.array ?? []).enumerated().map { index, ids in
      let ids = numbers(ids).map { Int32($0) }
      guard let types = document["types"]?.array else { return TokenSequence(ids: ids) }
      return TokenSequence(ids: ids, types: numbers(types[index]).map { Int32($0) })
    }
  }

  /// Rows of the student in the batch and of the teacher.
  var pairs: [(student: Int, teacher: Int)] {
    (document["pairs"]?.array ?? []).map(numbers).map { (Int($0[0]), Int($0[1])) }
  }

  /// In half precision, which holds them.
  var outputs: TeacherOutputs {
    let values = numbers(document["outputs"]).map { Float16($0) }
    let columns = document["columns"]?.integer ?? 1
    return TeacherOutputs(
      Tensor(
        .f16, [values.count / columns, columns],
        source: MemorySource(values.withUnsafeBytes(Array.init))))
  }

  /// By the text of the losses: the loss, and of each gradient the norm, the first, the middle and the last value.
  var results: [(losses: String, loss: Double, gradients: [String: [Double]])] {
    (document["results"]?.members ?? []).map { text, result in
      let gradients = (result["gradients"]?.members ?? []).map { ($0.key, numbers($0.value)) }
      return (
        text, result["loss"]?.number ?? .nan, Dictionary(uniqueKeysWithValues: gradients)
      )
    }
  }

  /// The numbers of a map and what is known of their gradients: of the weight, then of the bias.
  var map: [(values: [Float], gradient: [Double])] {
    guard let map = document["maps"]?["projected"] else { return [] }
    return ["weight", "bias"].enumerated().map { index, key in
      (numbers(map[key]).map { Float($0) }, numbers(map["gradients"]?.array?[index]))
    }
  }

  private func numbers(_ value: JSON?) -> [Double] { (value?.array ?? []).compactMap(\.number) }
}

extension TrainableParameter {
  /// Holds the gradient against what PyTorch finds: the norm and three values, within 1e-4 of the norm.
  ///
  /// - Returns: what differs; nil if nothing does.
  func difference(from wanted: [Double]) -> String? {
    let gradient = denseGradient
    let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    // Nothing but rounding is left of a key's bias under softmax.
    let scale = max(wanted[0], 1e-2)
    if abs(norm - wanted[0]) > 1e-4 * scale {
      return "\(id): the norm is \(norm), not \(wanted[0])"
    }
    for (place, value) in zip([0, gradient.count / 2, gradient.count - 1], wanted.dropFirst())
    where abs(Double(gradient[place]) - value) > 1e-4 * scale {
      return "\(id): \(gradient[place]) stands at \(place), not \(value)"
    }
    return nil
  }
}
