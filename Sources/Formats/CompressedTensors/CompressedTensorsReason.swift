import Checkpoints
import Tensors

/// Why compressed weights are refused.
enum CompressedTensorsReason: Reason {
  case noConfiguration
  case unknown(String, String)
  case setting(String, expected: String)
  case unsupported(String)
  case missing(String)
  case several(String, String)
  case elementType(String, ElementType, expected: String)
  case shape(String, Shape, expected: String)
  case noGroup
  case ambiguous([Int])
  case groupIndex
  case codeBeyondBits(Int, bits: Int)
  case zeroPointBeyondByte(Int)

  var description: String {
    switch self {
    case .noConfiguration:
      "no config.json beside it says how its weights are compressed"
    case .unknown(let what, let value): "the \(what) '\(printable(value))' is not known"
    case .setting(let name, let expected): "'\(printable(name))' should be \(expected)"
    case .unsupported(let format): "weights in the format '\(printable(format))' cannot be read"
    case .missing(let part): "lacks '\(part)'"
    case .several(let first, let second): "has both '\(first)' and '\(second)'"
    case .elementType(let part, let type, let expected):
      "'\(part)' holds \(type.rawValue), expected \(expected)"
    case .shape(let part, let shape, let expected):
      "'\(part)' is of shape \(shape), expected \(expected)"
    case .noGroup: "no group of config_groups fits the shapes of its parts"
    case .ambiguous(let bits):
      "the shapes of its parts fit groups of \(bits.map(String.init).joined(separator: " and ")) bits"
    case .groupIndex: "'g_idx' names groups that do not exist"
    case .codeBeyondBits(let code, let bits): "the code \(code) does not fit \(bits) bits"
    case .zeroPointBeyondByte(let zero): "the zero point \(zero) does not fit a signed byte"
    }
  }

  var hint: String? {
    switch self {
    case .noConfiguration: "--from safetensors reads the tensors as they are stored"
    case .ambiguous: "name the module among the targets of its group"
    default: nil
    }
  }
}
