import Tensors

/// What can be wrong with a `model.bin` of CTranslate2, or with what is to be put into one.
enum CTranslate2Reason: Reason {
  case version(UInt32)
  case truncated(needed: Int, found: Int)
  case tooMany(String, Int, remaining: Int)
  case text
  case duplicate
  case rank(Int)
  case type(Int)
  case size([Int], ElementType, found: Int)
  case alias(String)
  case trailing(Int)
  case blocks(String)
  case tooLarge(Int)
  case nameTooLong(Int)
  case notFinite(row: Int)
  case noNumber(String)
  case noSpecification

  var outcome: Outcome {
    switch self {
    case .blocks, .tooLarge, .nameTooLong, .noNumber, .noSpecification: .usage
    default: .badInput
    }
  }

  var description: String {
    switch self {
    case .version(let version):
      "is in binary version \(version) of CTranslate2's; 4 to 6 are known"
    case .truncated(let needed, let found): "\(needed) bytes are needed here, \(found) are left"
    case .tooMany(let what, let count, let remaining):
      "\(count) \(what) cannot stand in the \(remaining) bytes that are left"
    case .text: "a name is not UTF-8 with a zero at its end"
    case .duplicate: "two variables have this name"
    case .rank(let rank): "has \(rank) axes; 8 are the most"
    case .type(let number): "has the unknown type \(number)"
    case .size(let lengths, let type, let found):
      "the shape \(lengths) of \(type.rawValue) does not make \(found) bytes"
    case .alias(let target): "stands for '\(printable(target))', which is not there"
    case .trailing(let count): "\(count) bytes follow the last alias"
    case .blocks(let type): "CTranslate2 does not hold values in blocks of \(type)"
    case .tooLarge(let count): "takes \(count) bytes; a variable has 4,294,967,295 at most"
    case .nameTooLong(let count): "the name has \(count) bytes; 65,534 are the most"
    case .notFinite(let row): "row \(row) has a value that is not finite, and so no scale"
    case .noNumber(let key): "'\(printable(key))' is not a number that CTranslate2 holds"
    case .noSpecification: "CTranslate2 has no specification for such a model"
    }
  }

  var hint: String? {
    if case .blocks = self { "--quantization int8" } else { nil }
  }
}
