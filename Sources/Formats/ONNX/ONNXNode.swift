import Tensors

/// An operation of a graph, as far as it tells what weights are (`onnx.proto`, `NodeProto`).
struct ONNXNode {
  var name = ""
  var operation = ""
  var inputs: [String] = []
  var outputs: [String] = []
  /// The axis along which scales apply.
  var axis: Int?
  /// Whether a general product transposes its second operand.
  var transposesSecond = false
  /// Of a constant, where its tensor lies.
  var value: Range<Int>?

  private static let operandLimit = 1 << 16

  init(_ file: InputFile, _ range: Range<Int>) throws {
    var walker = ProtobufWalker(file, range)
    while let field = try walker.next() {
      guard case .bytes(let number, let range) = field else { continue }
      switch number {
      case 1 where inputs.count < Self.operandLimit:
        inputs.append(try walker.text(range, field: 1))
      case 2 where outputs.count < Self.operandLimit:
        outputs.append(try walker.text(range, field: 2))
      case 3: name = try walker.text(range, field: 3)
      case 4: operation = try walker.text(range, field: 4)
      case 5: try readAttribute(file, range)
      default: continue
      }
    }
  }

  private mutating func readAttribute(_ file: InputFile, _ range: Range<Int>) throws {
    var walker = ProtobufWalker(file, range)
    var (key, integer, tensor): (String, Int?, Range<Int>?) = ("", nil, nil)
    while let field = try walker.next() {
      switch field {
      case .bytes(1, let range): key = try walker.text(range, field: 1)
      case .number(3, let number): integer = Int(truncatingIfNeeded: number)
      case .bytes(5, let range): tensor = range
      default: continue
      }
    }
    switch key {
    case "axis": axis = integer
    case "transB": transposesSecond = integer == 1
    case "value": value = tensor
    default: break
    }
  }
}
