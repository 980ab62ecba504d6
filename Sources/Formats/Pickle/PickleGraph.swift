/// What a pickle describes: values that refer to one another by number, none of which was ever called.
///
/// Nodes lie in one array, so that neither cycles nor deep nesting cost more than their number.
struct PickleGraph: Sendable {
  var nodes: [PickleNode] = []
  var root = PickleValue.none

  subscript(value: PickleValue) -> PickleNode? {
    if case .node(let index) = value { nodes[index] } else { nil }
  }
}

/// A value, or the number of the node that is one.
enum PickleValue: Sendable, Hashable {
  case none
  case boolean(Bool)
  case integer(Int)
  /// An integer beyond 64 bits, in two's complement, the lowest byte first.
  case longInteger([UInt8])
  case number(Double)
  case text(String)
  /// Where the bytes lie in the file.
  case bytes(Range<Int>)
  /// A function or a class by its name, which is all that is kept of it.
  case global(PickleGlobal)
  case node(Int)
}

/// The name of something in a Python module.
struct PickleGlobal: Sendable, Hashable {
  var module: String
  var name: String

  /// As `torch._utils._rebuild_tensor_v2`.
  var path: String { "\(module).\(name)" }
}

/// A value that has parts.
struct PickleNode: Sendable {
  var kind: Kind
  /// Of a tuple, a list or a set; of an object, what was appended to it.
  var items: [PickleValue] = []
  /// Of a dictionary; of an object, what was set in it.
  var pairs: [(key: PickleValue, value: PickleValue)] = []
  /// What the object was given after it was made.
  var state: PickleValue?

  enum Kind: Sendable, Equatable {
    case tuple, list, set, dictionary
    /// What a call of a global with arguments would have given.
    case object(PickleValue, arguments: PickleValue)
    /// What lies outside the pickle, under an identifier.
    case persistent(PickleValue)
  }
}

extension PickleValue {
  var text: String? { if case .text(let text) = self { text } else { nil } }
  var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  var global: PickleGlobal? { if case .global(let global) = self { global } else { nil } }
}

extension PickleGraph {
  /// The parts of a tuple, nil if the value is none.
  func tuple(_ value: PickleValue) -> [PickleValue]? {
    guard let node = self[value], node.kind == .tuple else { return nil }
    return node.items
  }

  /// The parts of a tuple or a list of integers.
  func integers(_ value: PickleValue) -> [Int]? {
    guard let node = self[value] else { return nil }
    // `torch.Size` is a tuple by another name.
    if case .object(.global(let size), let arguments) = node.kind, size.path == "torch.Size" {
      guard let inner = tuple(arguments)?.first, self[inner]?.isSequence == true else { return nil }
      return integers(inner)
    }
    guard node.isSequence else { return nil }
    let integers = node.items.compactMap(\.integer)
    return integers.count == node.items.count ? integers : nil
  }

  /// What was called for a value, with what; nil where nothing was.
  func call(_ value: PickleValue) -> (function: PickleGlobal, arguments: [PickleValue])? {
    guard let node = self[value], case .object(.global(let function), let arguments) = node.kind
    else { return nil }
    return (function, tuple(arguments) ?? [])
  }

  /// The entries of a dictionary, plain or of one of Python's own kinds; nil if the value is none.
  func entries(_ value: PickleValue) -> [(key: PickleValue, value: PickleValue)]? {
    guard let node = self[value] else { return nil }
    switch node.kind {
    case .dictionary: return node.pairs
    case .object(.global(let type), _) where Self.dictionaries.contains(type.path):
      return node.pairs
    default: return nil
    }
  }

  private static let dictionaries: Set<String> = [
    "collections.OrderedDict", "collections.defaultdict", "collections.Counter",
  ]
}

extension PickleNode {
  var isSequence: Bool { kind == .tuple || kind == .list }
}
