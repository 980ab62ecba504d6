import Tensors

/// What coded bytes, or elements to be coded, may not be.
package enum CodingReason: Reason, Equatable {
  case endsWithin(String)
  case follows(Int, String)
  case beyond(String, found: Int, allowed: ClosedRange<Int>)
  case frequencies(sum: Int)
  case states
  case changed
  case notBoolean(UInt8)
  case uncodable(StreamKind, ElementType)

  package var description: String {
    switch self {
    case .endsWithin(let part): "the coded bytes end within \(part)"
    case .follows(let count, let part): "\(count) bytes follow \(part), which should be the last"
    case .beyond(let what, let found, let allowed):
      "\(what) is \(found), not within \(allowed.lowerBound) to \(allowed.upperBound)"
    case .frequencies(let sum):
      "the frequencies of symbols add up to \(sum), not to \(FrequencyTable.total)"
    case .states: "the states of the coder do not end where an encoder began: the bytes are damaged"
    case .changed: "the elements are not those that were surveyed: they changed meanwhile"
    case .notBoolean(let byte): "a mask holds the byte \(byte), not 0 or 1"
    case .uncodable(let kind, let type):
      "elements of \(type.rawValue) cannot be coded as \(kind.rawValue)"
    }
  }
}
