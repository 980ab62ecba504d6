import Tensors

/// A run of elements in memory, which one or several tensors look at.
struct TorchStorage: Sendable {
  /// What tells it from others in the file.
  var key: String
  /// Nil where its bytes have no type of their own, or one that `pare` has no name for.
  var elementType: ElementType?
  /// The name of its class, such as `FloatStorage`.
  var typeName: String
  /// Elements; of a storage without a type, bytes.
  var count: Int
  /// The first element of a view into the storage.
  var start = 0
  /// The elements of such a view.
  var viewCount: Int?

  /// In bytes; nil for an overflow.
  func byteCount(of type: ElementType) -> Int? { Shape([count]).byteCount(of: type) }

  var isUntyped: Bool { typeName == "UntypedStorage" }
}

extension TorchStorage {
  /// Reads the identifier that stands in a pickle for a storage: `('storage', class, key, location, count)`, and in older files a view
  /// `(key, start, count)` (`torch/serialization.py`, `persistent_id`).
  init(_ identifier: PickleValue, in graph: PickleGraph) throws {
    guard let parts = graph.tuple(identifier), parts.count >= 5, parts[0].text == "storage",
      let type = parts[1].global, let count = parts[4].integer, count >= 0
    else { throw Failure(TorchReason.wrongStorage("no class, key and size")) }
    guard let key = parts[2].text ?? parts[2].integer.map(String.init) else {
      throw Failure(TorchReason.wrongStorage("no key"))
    }
    self.init(
      key: key, elementType: TorchElement.ofStorage(type.name), typeName: type.name, count: count)
    guard parts.count > 5, parts[5] != .none else { return }
    guard let view = graph.tuple(parts[5]), view.count == 3, let start = view[1].integer,
      let length = view[2].integer, start >= 0, length >= 0
    else { throw Failure(TorchReason.wrongStorage("a view without place and size")) }
    self.start = start
    viewCount = length
  }
}
