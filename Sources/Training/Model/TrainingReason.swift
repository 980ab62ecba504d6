import Checkpoints
import Tensors

/// Why a model cannot be trained.
package enum TrainingReason: Reason {
  case notTrainable
  case missing(Role)
  case shape(Role, found: Shape, expected: String)
  case notFinite
  case dropout(String, found: String)
  case noHead(Head)
  case labels(Int)
  case heads(Int, width: Int)
  case headsUnknown
  case empty
  case tokens(Int, limit: Int)
  case tokenID(Int32, vocabulary: Int)
  case type(Int32, types: Int)

  package var description: String {
    switch self {
    case .notTrainable: "is not a model of a family that can be trained"
    case .missing(let role): "the model has no \(role)"
    case .shape(let role, let found, let expected):
      "\(role) has the shape \(found) where \(expected) is needed"
    case .notFinite: "holds NaN or an infinity, with which nothing can be computed"
    case .dropout(let key, let found):
      "'\(key)' should be a probability from 0 to below 1, but is \(printable(found))"
    case .noHead(let head): "a head for \(head.rawValue) cannot be made for this family"
    case .labels(let count): "\(count) labels, expected 1…\(1 << 20)"
    case .heads(let heads, let width): "\(heads) heads do not divide a width of \(width)"
    case .headsUnknown: "the number of attention heads is not known"
    case .empty: "a text without tokens cannot be learned from"
    case .tokens(let count, let limit):
      "\(count) tokens are more than the model's \(limit) positions"
    case .tokenID(let id, let vocabulary):
      "the token id \(id) is not among the model's \(vocabulary) words"
    case .type(let type, let types): "the token type \(type) is not among the model's \(types)"
    }
  }
}
