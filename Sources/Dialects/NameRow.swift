import Checkpoints

/// A row of a name table: what a module is called, without the prefix of the model that holds it.
///
/// Modules of a layer stand with index 0, for any layer.
struct NameRow {
  /// A ``NamePattern`` of the module, or of the tensor where the kind is ``Kind/tensor(_:)``.
  let path: String
  let module: Module
  let kind: Kind
  /// The heads with which the module goes by this name; nil for all. On reading any will do.
  var heads: Set<Head>?

  enum Kind: Equatable {
    case linear
    case norm
    case embedding
    /// One tensor that does not follow from its module's name.
    case tensor(Role.Kind)
    /// One tensor of a tie, of which Hugging Face's TensorFlow files know nothing.
    case tied(Role.Kind)
  }

  static func linear(_ path: String, _ module: Module, with heads: Set<Head>? = nil) -> NameRow {
    NameRow(path: path, module: module, kind: .linear, heads: heads)
  }

  static func norm(_ path: String, _ module: Module) -> NameRow {
    NameRow(path: path, module: module, kind: .norm)
  }

  static func embedding(_ path: String, _ part: EmbeddingModule) -> NameRow {
    NameRow(path: path, module: .embedding(part), kind: .embedding)
  }

  static func tensor(_ path: String, _ module: Module, _ kind: Role.Kind) -> NameRow {
    NameRow(path: path, module: module, kind: .tensor(kind))
  }

  static func tied(_ path: String, _ module: Module, _ kind: Role.Kind) -> NameRow {
    NameRow(path: path, module: module, kind: .tied(kind))
  }
}

extension Module {
  /// A part of any layer, in a table.
  static func layer(_ part: LayerModule) -> Module { .layer(0, part) }

  /// The same part of a certain layer; other modules are the same everywhere.
  func inLayer(_ index: Int) -> Module {
    if case .layer(_, let part) = self { .layer(index, part) } else { self }
  }

  var layerIndex: Int? { if case .layer(let index, _) = self { index } else { nil } }

  var isHead: Bool { if case .head = self { true } else { false } }
}
