import Tensors

/// What can be wrong with a model in ONNX.
enum ONNXReason: Reason {
  case noGraph
  case duplicateName
  case shape([Int])
  case noData
  case wrongSize(needed: Int, found: Int)
  case noLocation
  case leavesFolder(String)
  case missingFile(String)
  case beyondFile(String, needed: Int, found: Int)
  case wrongNumber(String)
  case scales(Shape, of: Shape)
  case noType(ElementType)
  case noOperations
  case tooLarge(Int)
  case attribute(String)

  var outcome: Outcome {
    switch self {
    case .noOperations, .tooLarge, .attribute: .usage
    default: .badInput
    }
  }

  var description: String {
    switch self {
    case .noGraph: "is a protobuf message, but holds no graph of ONNX"
    case .duplicateName: "two tensors have this name"
    case .shape(let lengths): "impossible shape \(lengths)"
    case .noData: "the tensor has no data"
    case .wrongSize(let needed, let found):
      "the shape needs \(needed) bytes, \(found) are there"
    case .noLocation: "the data lie in another file, whose name is missing"
    case .leavesFolder(let name):
      "the data lie in '\(printable(name))', which leaves the folder of the model"
    case .missingFile(let name): "the data lie in '\(printable(name))', which is missing"
    case .beyondFile(let name, let needed, let found):
      "the data end at byte \(needed) of '\(printable(name))', which has \(found)"
    case .wrongNumber(let key): "the \(key) of the data is no number"
    case .scales(let scales, let shape):
      "scales of shape \(scales) do not fit codes of shape \(shape)"
    case .noOperations: "a file of ONNX holds what a model does, which is not known here"
    case .tooLarge(let count): "\(grouped(count)) bytes are more than one message of ONNX can have"
    case .attribute(let key): "the attribute '\(key)' has a value that operators do not take"
    case .noType(let type): "ONNX has no elements of type \(type.rawValue)"
    }
  }

  var hint: String? {
    switch self {
    case .missingFile: "it belongs beside the model"
    case .tooLarge: "--dtype F16 halves it"
    default: nil
    }
  }
}
