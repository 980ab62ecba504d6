import Tensors

/// A tensor as a pickle describes it: a storage and a view of it.
struct TorchTensor: Sendable {
  var storage: TorchStorage
  var view: StridedView
  /// The type of the elements where the storage does not tell.
  var elementType: ElementType?
}

/// What a value of a pickle is to whoever looks for tensors.
enum TorchValue {
  case tensor(TorchTensor)
  /// A tensor of a kind that cannot be carried elsewhere, by the name of what would rebuild it.
  case foreign(type: String, shape: [Int])
  case other
}

extension PickleGraph {
  /// What a value is, by the function that would rebuild it (`torch/_utils.py`).
  ///
  /// - Throws: ``Failure`` if it is a tensor whose description makes no sense.
  func torchValue(_ value: PickleValue) throws -> TorchValue {
    var value = value
    // A parameter holds a tensor, a subclass the call that makes one.
    for _ in 0..<8 {
      guard let (function, arguments) = call(value) else { return .other }
      switch function.path {
      case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
        "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer":
        guard let data = arguments.first else { return .other }
        value = data
      case "torch._tensor._rebuild_from_type_v2":
        guard arguments.count >= 3, let inner = arguments[0].global, let tuple = tuple(arguments[2])
        else { return .other }
        return try rebuilt(inner, tuple)
      default: return try rebuilt(function, arguments)
      }
    }
    return .other
  }

  private func rebuilt(
    _ function: PickleGlobal, _ arguments: [PickleValue]
  ) throws -> TorchValue {
    guard function.module == "torch._utils", function.name.hasPrefix("_rebuild_") else {
      return .other
    }
    switch function.name {
    case "_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3":
      return try .tensor(dense(function, arguments))
    case "_rebuild_parameter", "_rebuild_parameter_with_state":
      return try arguments.first.map(torchValue) ?? .other
    default:
      let kind = function.name.dropFirst("_rebuild_".count)
      return .foreign(type: "PyTorch's \(kind)", shape: [])
    }
  }

  /// `(storage, offset, lengths, strides, …)`, in the third version with a dtype as the seventh.
  private func dense(
    _ function: PickleGlobal, _ arguments: [PickleValue]
  ) throws -> TorchTensor {
    guard arguments.count >= 4, let node = self[arguments[0]],
      case .persistent(let identifier) = node.kind, let offset = arguments[1].integer,
      let lengths = integers(arguments[2]), let strides = integers(arguments[3])
    else { throw Failure(TorchReason.wrongStorage("\(function.name) without its arguments")) }
    let storage = try TorchStorage(identifier, in: self)
    let view = StridedView(offset: offset, lengths: lengths, strides: strides)
    let isThird = function.name == "_rebuild_tensor_v3" && arguments.count >= 7
    let dtype = isThird ? arguments[6].global.flatMap { TorchElement.ofDtype($0.name) } : nil
    return TorchTensor(storage: storage, view: view, elementType: dtype ?? storage.elementType)
  }
}
