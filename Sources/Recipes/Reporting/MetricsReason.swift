import Tensors
import Training

/// Why a file of metrics tells of no training.
enum MetricsReason: Reason {
  case empty
  case longLine(limit: Int)
  case otherSchema(String?)
  case incomplete
  case notANumber(MetricsRecord.Key)
  case notText(MetricsRecord.Key)
  case negative(String)
  case goesBack(to: Int, from: Int)
  case tooManyStages(limit: Int)

  var description: String {
    switch self {
    case .empty: "tells of no step and no evaluation"
    case .longLine(let limit): "is longer than \(grouped(limit)) bytes"
    case .otherSchema(let found):
      "the schema is \(found.map { "'\(printable($0))'" } ?? "missing"), expected '\(MetricsRecord.schema)'"
    case .incomplete:
      "expected 'kind', 'step', 'epoch' and 'seconds' as \(MetricsRecord.schema) has them"
    case .notANumber(let key): "'\(key)' should be a number or null"
    case .notText(let key): "'\(key)' should be text"
    case .negative(let name): "'\(name)' should not be below zero"
    case .goesBack(let step, let before):
      "step \(grouped(step)) comes after step \(grouped(before))"
    case .tooManyStages(let limit): "more than \(grouped(limit)) stages"
    }
  }

  var hint: String? {
    switch self {
    case .goesBack: "a run each needs a file of its own"
    case .otherSchema, .empty: "train and distill write such a file with --metrics"
    default: nil
    }
  }
}
