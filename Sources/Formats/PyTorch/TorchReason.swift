import Tensors

/// What can be wrong with a file of PyTorch.
enum TorchReason: Reason {
  case torchScript
  case noPickle
  case wrongMagic
  case wrongProtocol
  case notACheckpoint(String)
  case noTensors(String)
  case missingStorage(String)
  case wrongStorage(String)
  case storageSize(declared: Int, found: Int)
  case byteOrder(String)
  case beyondStorage(last: Int, count: Int)
  case duplicateName
  case tooDeep

  var description: String {
    switch self {
    case .torchScript: "is a TorchScript archive: a program with its weights, not a checkpoint"
    case .noPickle: "is a ZIP archive without PyTorch's data.pkl"
    case .wrongMagic: "does not begin with the magic number of PyTorch's older format"
    case .wrongProtocol: "is of another version of PyTorch's older format"
    case .notACheckpoint(let type):
      "is a pickled object of the class '\(printable(type))', not a checkpoint"
    case .noTensors(let what): "holds no tensors: it is \(what)"
    case .missingStorage(let key): "the data of storage '\(printable(key))' are missing"
    case .wrongStorage(let what): "a storage is described in a way that is not known: \(what)"
    case .storageSize(let declared, let found):
      "the storage has \(found) bytes, its description says \(declared)"
    case .byteOrder(let order): "unknown byte order '\(printable(order))'"
    case .beyondStorage(let last, let count):
      "reaches to element \(last) of a storage of \(count)"
    case .duplicateName: "two tensors have this name"
    case .tooDeep: "dictionaries are nested too deeply"
    }
  }

  var hint: String? {
    switch self {
    case .torchScript: "save the model's state_dict with torch.save instead"
    case .notACheckpoint: "the weights usually lie beside it, as pytorch_model.bin"
    default: nil
    }
  }
}
