import Checkpoints
import Tensors

/// The tensors of a pickle by the names under which a model's modules look for them.
///
/// Nested dictionaries and lists are one name, their keys joined by dots. Of a training's checkpoint the model is taken, by the names that trainers give it;
/// what else there is, such as an optimizer's moments, is left out and said.
struct StateDictionary {
  private(set) var entries: [(name: String, value: TorchValue)] = []
  private(set) var diagnostics: [Diagnostic] = []
  /// What the trainer has kept of its command line, as far as it is numbers and text.
  let settings: [(key: String, value: Attribute)]
  private let graph: PickleGraph
  private var visits = 0

  /// Under which a checkpoint of a training holds the model, the first that is there.
  private static let modelKeys = [
    "model_state_dict", "state_dict", "model", "module", "net", "network", "weights",
  ]
  private static let depthLimit = 64

  /// - Throws: ``Failure`` if it holds no model.
  init(_ graph: PickleGraph) throws {
    self.graph = graph
    settings = graph.settings
    if case .other = try graph.torchValue(graph.root) {
      try take(contents(of: graph.root))
    } else {
      try collect(graph.root, named: "tensor", depth: 0)
    }
    guard !entries.isEmpty || graph.entries(graph.root)?.isEmpty == true else {
      throw Failure(absence)
    }
    noteInertGlobals()
  }

  private mutating func take(_ contents: [(name: String, value: PickleValue)]) throws {
    var collected: [(key: String, entries: [(name: String, value: TorchValue)])] = []
    for (key, value) in contents {
      try collect(value, named: key, depth: 1)
      collected.append((key, entries))
      entries = []
    }
    let nested = collected.filter { part in
      !part.entries.isEmpty && part.entries.allSatisfy { $0.name.hasPrefix(part.key + ".") }
    }
    let model = Self.modelKeys.first { key in nested.contains { $0.key == key } }
    for (key, found) in collected where !found.isEmpty {
      if let model, key == model {
        entries += found.map { (String($0.name.dropFirst(model.count + 1)), $0.value) }
      } else if model != nil || Self.isOptimizer(key) {
        let count = found.count == 1 ? "1 tensor" : "\(grouped(found.count)) tensors"
        diagnostics.append(
          Diagnostic(.note, .skipped, "\(count) of '\(printable(key))' are left out"))
      } else {
        entries += found
      }
    }
  }

  private static func isOptimizer(_ key: String) -> Bool {
    ["optimizer", "optim", "lr_scheduler", "scheduler", "scaler", "amp"].contains {
      key == $0 || key.hasPrefix("\($0)_") || key == "\($0)s"
    }
  }

  /// What a dictionary, a list or a module holds, by name.
  private func contents(of value: PickleValue) -> [(name: String, value: PickleValue)] {
    if let pairs = graph.entries(value) {
      return pairs.compactMap { pair in Self.name(pair.key).map { ($0, pair.value) } }
    }
    guard let node = graph[value] else { return [] }
    if node.isSequence {
      return node.items.enumerated().map { (String($0.offset), $0.element) }
    }
    return moduleContents(of: node)
  }

  /// What a pickled module holds (`torch/nn/modules/module.py`): parameters, buffers, and modules in it.
  private func moduleContents(of node: PickleNode) -> [(name: String, value: PickleValue)] {
    guard let state = node.state, let members = graph.entries(state) else { return [] }
    return ["_parameters", "_buffers", "_modules"].flatMap { part in
      let values = members.first { $0.key.text == part }.flatMap { graph.entries($0.value) } ?? []
      return values.compactMap { pair in Self.name(pair.key).map { ($0, pair.value) } }
    }
  }

  private static func name(_ key: PickleValue) -> String? {
    key.text ?? key.integer.map(String.init)
  }

  private mutating func collect(_ value: PickleValue, named name: String, depth: Int) throws {
    guard case .node = value else { return }
    visits += 1
    guard depth < Self.depthLimit, visits <= Self.visitLimit else {
      throw Failure(TorchReason.tooDeep, at: Place(tensor: name))
    }
    do {
      let found = try graph.torchValue(value)
      if case .other = found {
        for (key, inner) in contents(of: value) {
          try collect(inner, named: "\(name).\(key)", depth: depth + 1)
        }
      } else {
        entries.append((name, found))
      }
    } catch let failure as Failure {
      throw failure.within(Place(tensor: name))
    }
  }

  /// A few nodes that hold one another can stand for any number of names.
  private static let visitLimit = 1 << 20

  /// Why there is nothing.
  private var absence: TorchReason {
    if let (function, _) = graph.call(graph.root) { return .notACheckpoint(function.path) }
    switch graph.root {
    case .global(let global): return .notACheckpoint(global.path)
    case .node: return .noTensors("a dictionary or a list of something else")
    default: return .noTensors("a single value")
    }
  }

  /// Names what would be called if this were Python.
  private mutating func noteInertGlobals() {
    var names: Set<String> = []
    for node in graph.nodes {
      guard case .object(.global(let function), _) = node.kind, !Self.isHarmless(function) else {
        continue
      }
      names.insert(function.path)
    }
    for name in names.sorted().prefix(20) {
      diagnostics.append(
        Diagnostic(
          .warning, .inertGlobal,
          "the pickle would call '\(printable(name))'; nothing of it is ever run here"))
    }
  }

  /// What PyTorch and Python use for data alone.
  private static func isHarmless(_ function: PickleGlobal) -> Bool {
    switch function.module {
    case "collections": true
    case "torch", "torch._utils", "torch._tensor", "torch.nn.parameter", "torch.storage": true
    case "_codecs": function.name == "encode"
    default: function.module.hasPrefix("torch.nn.modules.")
    }
  }
}

extension PickleGraph {
  /// The members of `args`, or of `model` in `cfg`, as fairseq writes them: a dictionary or a namespace.
  fileprivate var settings: [(key: String, value: Attribute)] {
    let members =
      member("args", of: root) ?? member("cfg", of: root).flatMap { member("model", of: $0) }
    guard let members else { return [] }
    return (entries(members) ?? self[members]?.state.flatMap(entries) ?? []).compactMap { pair in
      guard let key = pair.key.text, let value = pair.value.attribute else { return nil }
      return (key, value)
    }
  }

  private func member(_ key: String, of value: PickleValue) -> PickleValue? {
    let members = entries(value) ?? self[value]?.state.flatMap(entries)
    return members?.first { $0.key.text == key }?.value
  }
}

extension PickleValue {
  fileprivate var attribute: Attribute? {
    switch self {
    case .boolean(let value): .bool(value)
    case .integer(let value): .int64(Int64(value))
    case .number(let value): .float64(value)
    case .text(let text): .string(text)
    default: nil
    }
  }
}
