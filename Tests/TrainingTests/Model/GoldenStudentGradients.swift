import Checkpoints
import Documents
import Encoders
import Recipes
import TestSupport

@testable import Training

/// What PyTorch finds for one BiLSTM student: a file of `samples/gradients`.
struct GoldenStudentGradients {
  let readout: String
  private let document: JSON

  static let readouts = ["last-state", "max-pool", "per-token"]

  init(_ readout: String) throws {
    self.readout = readout
    document = try JSON.read(Places.sample("gradients/bilstm--\(readout).json"))
  }

  var checkpoint: Checkpoint {
    get throws { try Model.open(Places.sample("bilstm/\(readout)")).checkpoint }
  }

  /// The loss: of labels, or of what the projection gives.
  enum Loss: CaseIterable { case labels, projected }

  func value(_ loss: Loss) -> Double {
    document[loss == .labels ? "loss" : "projectedLoss"]?.number ?? .nan
  }

  /// By PyTorch's name of the parameter: the norm, the first, the middle and the last value.
  func gradients(_ loss: Loss) -> [String: [Double]] {
    let members = document[loss == .labels ? "gradients" : "projectedGradients"]?.members ?? []
    return Dictionary(uniqueKeysWithValues: members.map { ($0.key, numbers($0.value)) })
  }

  /// The first few, row after row.
  var logits: [Double] { numbers(document["logits"]) }

  var sequences: [TokenSequence] {
    (document["ids"]?.array ?? []).map { TokenSequence(ids: numbers($0).map { Int32($0) }) }
  }

  func node(_ loss: Loss, of output: ModelOutput, _ tape: Tape) throws -> Node {
    switch loss {
    case .labels:
      guard let logits = output.logits else { throw MissingLogits() }
      return try tape.crossEntropy(logits, labels: numbers(document["labels"]).map { Int32($0) })
    case .projected:
      guard let projected = output.projected else { throw MissingLogits() }
      let target = try FloatBuffer(numbers(document["target"]).map { Float($0) })
      return try tape.squaredError(
        projected, from: Matrix(rows: projected.rows, columns: projected.columns, over: target))
    }
  }

  private func numbers(_ value: JSON?) -> [Double] { (value?.array ?? []).compactMap(\.number) }
}
