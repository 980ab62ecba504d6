import Checkpoints
import Tensors

/// A file of PyTorch before version 1.6: five pickles, one after the other, then the storages
/// (`torch/serialization.py`, `_legacy_save`).
///
/// The pickles are a magic number, a protocol's number, facts of the machine, the object, and the keys of the storages in their order. Each storage is the
/// number of its elements in 64 bits and their bytes, always little-endian.
struct TorchStream {
  let contents: TorchContents

  private static let magic: [UInt8] = [
    0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
  ]
  private static let protocolVersion = 1001

  /// Whether a file begins as such a stream does: with the pickle of its magic number.
  static func recognizes(_ prefix: [UInt8]) -> Bool {
    prefix.starts(with: [0x80, 0x02, 0x8A, 0x0A] + magic)
  }

  init(_ file: InputFile) throws {
    var offset = 0
    func next() throws -> PickleGraph {
      let (graph, end) = try PickleDecoder.decode(file, offset..<file.byteCount)
      offset = end
      return graph
    }
    let first = try next()
    guard first.root == .longInteger(Self.magic) else {
      throw Failure(Self.reason(for: first), at: Place(file: file.path, offset: 0))
    }
    guard try next().root == .integer(Self.protocolVersion) else {
      throw Failure(TorchReason.wrongProtocol, at: Place(file: file.path))
    }
    _ = try next()
    let graph = try next()
    let keys = try next()
    let places = try Self.places(of: keys, storages: Self.storages(in: graph), in: file, at: offset)
    contents = try TorchContents(graph, path: file.path) { storage, byteCount in
      guard let range = places[storage.key] else {
        throw Failure(TorchReason.missingStorage(storage.key))
      }
      guard range.count == byteCount else {
        throw Failure(
          TorchReason.storageSize(declared: byteCount, found: range.count),
          at: Place(offset: range.lowerBound))
      }
      return try FileSource(file, range)
    }
  }

  /// A pickle that is no stream's beginning may be an object by itself.
  private static func reason(for first: PickleGraph) -> TorchReason {
    if let (function, _) = first.call(first.root) { return .notACheckpoint(function.path) }
    return .wrongMagic
  }

  /// The sizes of the elements of all storages that the object mentions.
  private static func storages(in graph: PickleGraph) throws -> [String: TorchStorage] {
    var storages: [String: TorchStorage] = [:]
    for node in graph.nodes {
      guard case .persistent(let identifier) = node.kind,
        graph.tuple(identifier)?.first?.text == "storage"
      else { continue }
      let storage = try TorchStorage(identifier, in: graph)
      storages[storage.key] = storage
    }
    return storages
  }

  private static func places(
    of keys: PickleGraph, storages: [String: TorchStorage], in file: InputFile, at start: Int
  ) throws -> [String: Range<Int>] {
    guard let list = keys[keys.root], list.isSequence else {
      throw Failure(TorchReason.wrongStorage("no list of keys"), at: Place(file: file.path))
    }
    var places: [String: Range<Int>] = [:]
    var offset = start
    for key in list.items {
      guard let key = key.text ?? key.integer.map(String.init), let storage = storages[key] else {
        throw Failure(
          TorchReason.wrongStorage("a key that no tensor has"),
          at: Place(file: file.path, offset: offset))
      }
      let count = try file.withBytes(offset..<(offset + 8)) {
        Int64(littleEndian: $0.loadUnaligned(as: Int64.self))
      }
      let (size, overflow) = Int(count).multipliedReportingOverflow(by: storage.elementSize)
      let end = (offset + 8).addingReportingOverflow(size)
      guard count >= 0, !overflow, !end.overflow else {
        throw Failure(
          TorchReason.wrongStorage("\(count) elements"), at: Place(file: file.path, offset: offset))
      }
      try file.check((offset + 8)..<end.partialValue)
      places[key] = (offset + 8)..<end.partialValue
      offset = end.partialValue
    }
    return places
  }
}

extension TorchStorage {
  /// Of an element in an older file, in bytes, also of types that `pare` has no name for.
  fileprivate var elementSize: Int {
    if let width = elementType?.byteWidth { return width }
    switch typeName {
    case "ComplexDoubleStorage": return 16
    case "QInt32Storage": return 4
    default: return 1
    }
  }
}
