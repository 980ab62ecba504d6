import Checkpoints
import Tensors

/// Why a model cannot be run.
package enum EncoderReason: Reason {
  case notAnEncoder
  case missing(Role)
  case shape(Role, found: Shape, expected: String)
  case headsUnknown
  case headsConfigured(Int, hidden: Int, width: Int)
  case heads(Int, width: Int)
  case positionKind(String)
  case decoder
  case activation(String, known: [String])
  case setting(String, found: String, expected: String)
  case noHead(String)
  case notFinite
  case notFiniteResult
  case tokenID(Int32, vocabulary: Int)
  case type(Int32, types: Int)
  case tooLong(Int, limit: Int)
  case empty

  package var description: String {
    switch self {
    case .notAnEncoder: "is no model of a known family, so it cannot be run"
    case .missing(let role): "the model has no \(role)"
    case .shape(let role, let found, let expected):
      "\(role) has the shape \(found) where \(expected) is needed"
    case .headsUnknown: "the number of attention heads is not known"
    case .headsConfigured(let heads, let hidden, let width):
      "attention of a width of \(width) cannot be divided into heads, of which config.json says \(heads) for \(hidden)"
    case .heads(let heads, let width): "\(heads) heads do not divide a width of \(width)"
    case .positionKind(let kind):
      "positions of the kind '\(printable(kind))' are not supported, only 'absolute'"
    case .decoder: "is_decoder is set: attention that only looks back is not supported"
    case .activation(let name, let known):
      "unknown activation function '\(printable(name))'; known are \(known.joined(separator: ", "))"
    case .setting(let name, let found, let expected):
      "'\(name)' should be \(expected), but is \(printable(found))"
    case .notFiniteResult: "the model gives NaN or infinities for this text"
    case .noHead(let wanted): "the model has no head for \(wanted)"
    case .notFinite: "holds NaN or an infinity, with which nothing can be computed"
    case .tokenID(let id, let vocabulary):
      "the token id \(id) is not among the model's \(vocabulary) words"
    case .type(let type, let types): "the token type \(type) is not among the model's \(types)"
    case .tooLong(let count, let limit):
      "\(count) tokens are more than the model's \(limit) positions"
    case .empty: "a text without tokens cannot be read"
    }
  }

  package var hint: String? {
    switch self {
    case .headsUnknown:
      "the model's config.json says it, as num_attention_heads, beside its weights"
    case .tokenID: "is this the model's own vocabulary?"
    default: nil
    }
  }
}
