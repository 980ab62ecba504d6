import Checkpoints
import Tensors

/// The tensors of a file of PyTorch, made from what its pickle says and where its storages lie.
struct TorchContents {
  private(set) var tensors: [NamedTensor] = []
  private(set) var foreign: [ForeignTensor] = []
  private(set) var diagnostics: [Diagnostic]
  /// As ``StateDictionary/settings``.
  let settings: [(key: String, value: Attribute)]

  /// The bytes of a storage, which must be as many as it needs.
  typealias Lookup = (TorchStorage, _ byteCount: Int) throws -> any TensorSource

  /// - Throws: ``Failure`` naming the tensor that has no data, or reaches beyond them.
  init(_ graph: PickleGraph, path: String, storage lookup: Lookup) throws {
    do {
      let dictionary = try StateDictionary(graph)
      diagnostics = dictionary.diagnostics
      settings = dictionary.settings
      var names: Set<String> = []
      var views: [SharedView: String] = [:]
      for (name, value) in dictionary.entries {
        guard names.insert(name).inserted else {
          throw Failure(TorchReason.duplicateName, at: Place(tensor: name))
        }
        do {
          try add(value, named: name, seen: &views, lookup)
        } catch let failure as Failure {
          throw failure.within(Place(tensor: name))
        }
      }
    } catch let failure as Failure {
      throw failure.within(Place(file: path))
    }
  }

  private struct SharedView: Hashable {
    var key: String
    var type: ElementType
    var start: Int
    var view: StridedView
  }

  private mutating func add(
    _ value: TorchValue, named name: String, seen views: inout [SharedView: String],
    _ lookup: Lookup
  ) throws {
    switch value {
    case .other: return
    case .foreign(let type, let shape):
      foreign.append(ForeignTensor(name: name, type: type, shape: shape, byteCount: 0))
    case .tensor(let described):
      guard let type = described.elementType else {
        let type = described.storage.typeName
        foreign.append(
          ForeignTensor(name: name, type: type, shape: described.view.lengths, byteCount: 0))
        return
      }
      let tensor = try described.view.tensor(of: described.storage.tensor(of: type, lookup))
      let key = SharedView(
        key: described.storage.key, type: type, start: described.storage.start,
        view: described.view)
      if let first = views[key] {
        diagnostics.append(
          Diagnostic(
            .note, .tie, "is the same memory as '\(printable(first))'", tensor: name))
        tensors.append(NamedTensor(name, tensor, byteCount: 0))
      } else {
        views[key] = name
        tensors.append(NamedTensor(name, tensor))
      }
    }
  }
}

extension TorchStorage {
  /// All elements of a storage, or of the view of it that is meant, in one row.
  fileprivate func tensor(of type: ElementType, _ lookup: TorchContents.Lookup) throws -> Tensor {
    guard let width = type.byteWidth else {
      throw Failure(TorchReason.wrongStorage("elements below a byte"))
    }
    let (size, overflow) = isUntyped ? (count, false) : count.multipliedReportingOverflow(by: width)
    guard !overflow else { throw Failure(TorchReason.wrongStorage("\(count) elements")) }
    let source = try lookup(self, size)
    let whole = Tensor(.u8, [size], source: source)
    let part = start..<start.addingClamped(viewCount ?? size / width)
    guard part.upperBound <= size / width else {
      throw Failure(TorchReason.beyondStorage(last: part.upperBound - 1, count: size / width))
    }
    let range = (part.lowerBound * width)..<(part.upperBound * width)
    return Tensor(type, [part.count], source: PartialSource(whole.source, range))
  }
}
