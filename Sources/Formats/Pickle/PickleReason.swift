import Tensors

/// What can be wrong with a pickle.
enum PickleReason: Reason {
  case notAPickle
  case protocolVersion(Int)
  case unknownOpcode(UInt8)
  case unexpectedEnd
  case emptyStack
  case noMark
  case noSuchMemo(Int)
  case wrongOperand(String)
  case notText
  case longLine
  case tooLarge(limit: Int)
  case tooManyOperations(limit: Int)
  case leftover(Int)

  var description: String {
    switch self {
    case .notAPickle: "is not a pickle"
    case .protocolVersion(let version):
      "is a pickle of protocol \(version); 1 to 5 are known"
    case .unknownOpcode(let code):
      "the pickle has the opcode 0x\(String(code, radix: 16)), which is not known"
    case .unexpectedEnd: "the pickle ends too early"
    case .emptyStack: "the pickle takes a value from an empty stack"
    case .noMark: "the pickle lacks a mark"
    case .noSuchMemo(let index): "the pickle refers to value \(index), which was never kept"
    case .wrongOperand(let expected): "the pickle expects \(expected) here"
    case .notText: "the pickle has a text that is not UTF-8"
    case .longLine: "the pickle has a name without end"
    case .tooLarge(let limit): "the pickle is larger than \(byteText(limit))"
    case .tooManyOperations(let limit): "the pickle has more than \(grouped(limit)) operations"
    case .leftover(let count): "the pickle leaves \(count) values on its stack"
    }
  }
}
