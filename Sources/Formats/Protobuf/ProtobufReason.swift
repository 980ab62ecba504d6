import Tensors

/// What can be wrong with a protobuf message.
enum ProtobufReason: Reason {
  case endsWithin(Int, needed: UInt64, found: Int)
  case endsWithinNumber
  case longNumber
  case fieldNumber(UInt64)
  case wireType(Int, field: Int)
  case wrongType(field: Int, expected: String)
  case notText(field: Int)
  case tooDeep
  case tooMany(Int)

  var description: String {
    switch self {
    case .endsWithin(let field, let needed, let found):
      "field \(field) is said to be \(needed) bytes long, its message has \(found) left"
    case .endsWithinNumber: "a message ends within a number"
    case .longNumber: "a number has more than 64 bits"
    case .fieldNumber(let number): "there is no field \(number) in any message"
    case .wireType(let type, let field):
      "field \(field) has the wire type \(type), which is not used"
    case .wrongType(let field, let expected): "field \(field) should be \(expected)"
    case .notText(let field): "field \(field) should be text, and is not UTF-8"
    case .tooMany(let limit): "a field has more than the \(grouped(limit)) numbers expected"
    case .tooDeep: "messages lie in one another more than \(ProtobufReader.depthLimit) deep"
    }
  }
}
