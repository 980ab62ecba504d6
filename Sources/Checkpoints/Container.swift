import Tensors

/// What a format reads from files and writes to them: named tensors and text, no idea of a model.
public struct Container: Sendable {
  /// The name of the format, such as `safetensors`.
  public var format: String
  /// The files that hold it, the first being the one that was named or found.
  public var files: [String]
  /// In bytes, over all files.
  public var byteCount: Int
  /// In the order of the file.
  public var tensors: [NamedTensor]
  /// Tensors whose type `pare` has no name for: listed, never converted.
  public var foreign: [ForeignTensor]
  /// Text beside the tensors, in the order of the file: `__metadata__`, root attributes.
  public var metadata: [(key: String, value: String)]
  /// What stands beside the tensors in formats that have more types for it than text, in the order of the
  /// file; what of it is text, or as good as that, is in ``metadata`` too.
  public var attributes: [(key: String, value: Attribute)] = []
  /// What the model does with the tensors, for formats that hold that; nil where it is not known.
  public var graph: OperatorGraph?
  /// How the names are built.
  public var naming: NameStyle
  public var diagnostics: [Diagnostic]

  public init(
    format: String, files: [String], byteCount: Int, tensors: [NamedTensor],
    foreign: [ForeignTensor] = [], metadata: [(key: String, value: String)] = [],
    naming: NameStyle = .flat,
    diagnostics: [Diagnostic] = []
  ) {
    self.format = format
    self.files = files
    self.byteCount = byteCount
    self.tensors = tensors
    self.foreign = foreign
    self.metadata = metadata
    self.naming = naming
    self.diagnostics = diagnostics
  }
}

/// A tensor as a file holds it.
public struct NamedTensor: Sendable {
  public var name: String
  /// The dense values; those of a composed storage are worked out when they are asked for.
  public var tensor: Tensor
  /// How the file holds it, where that is more than the tensor itself: never `dense`.
  public var storage: Storage?
  /// What it takes in its file, in bytes.
  public var byteCount: Int
  /// The blocks in which the file holds the values, or is to hold them; the tensor is what they decode to.
  public var blocks: BlockType?

  public init(_ name: String, _ tensor: Tensor) {
    self.init(name, tensor, storage: nil, byteCount: tensor.byteCount)
  }

  /// A tensor of composed storage, whose dense values are of a floating-point type.
  ///
  /// - Parameter byteCount: what the file takes for it; nil for the bytes of its parts.
  public init(
    _ name: String, _ storage: Storage, _ shape: Shape, as elementType: ElementType,
    byteCount: Int? = nil
  ) {
    self.init(
      name, storage.tensor(of: shape, as: elementType),
      storage: storage.dense == nil ? storage : nil,
      byteCount: byteCount ?? storage.byteCount)
  }

  /// A tensor whose bytes in the file are others than its own: none where another has the same ones.
  package init(_ name: String, _ tensor: Tensor, byteCount: Int) {
    self.init(name, tensor, storage: nil, byteCount: byteCount)
  }

  /// A tensor whose values a file holds in blocks, and what it takes there.
  public init(_ name: String, _ tensor: Tensor, in blocks: BlockType, byteCount: Int) {
    self.init(name, tensor, storage: nil, byteCount: byteCount)
    self.blocks = blocks
  }

  private init(_ name: String, _ tensor: Tensor, storage: Storage?, byteCount: Int) {
    self.name = name
    self.tensor = tensor
    self.storage = storage
    self.byteCount = byteCount
  }

  /// The same values, held as nothing but a tensor.
  public var asDense: NamedTensor { NamedTensor(name, tensor) }

  /// The elements that are stored: codes and survivors where not all values are.
  public var storedCount: Int { storage?.storedCount ?? tensor.elementCount }
}

/// A tensor, or another kind of data, of a type that cannot be carried elsewhere.
public struct ForeignTensor: Sendable {
  public var name: String
  /// The type as the file says it.
  public var type: String
  public var shape: [Int]
  public var byteCount: Int
  /// The bytes, where the same format can be written with them as they are.
  public var content: (any TensorSource)?

  public init(
    name: String, type: String, shape: [Int], byteCount: Int, content: (any TensorSource)? = nil
  ) {
    self.name = name
    self.type = type
    self.shape = shape
    self.byteCount = byteCount
    self.content = content
  }
}

extension ForeignTensor: Equatable {
  /// By what is said of them, not by their bytes.
  public static func == (left: ForeignTensor, right: ForeignTensor) -> Bool {
    left.name == right.name && left.type == right.type && left.shape == right.shape
      && left.byteCount == right.byteCount
  }
}

/// How a container builds the names of its tensors.
public enum NameStyle: Sendable, Equatable {
  /// One name, such as `bert.pooler.dense.weight`.
  case flat
  /// A Keras layer, then the weight's name with the scope of the model's class, as
  /// `bert/tf_bert_model/bert/pooler/dense/kernel:0`.
  case kerasLayers
  /// Attribute paths that end in `vars/0`, as Keras 3 writes them.
  case kerasPaths
  /// Short names of llama.cpp, such as `blk.0.attn_q.weight`.
  case ggml
  /// Attribute paths of CTranslate2's model specifications, such as `encoder/layer_0/ffn/linear_0/weight`.
  case specification
}
