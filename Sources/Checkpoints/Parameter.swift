import Tensors

/// One parameter of a model: its role, its name in the file it came from, and its values.
public struct Parameter: Sendable {
  public var role: Role
  public var name: String
  /// In PyTorch's orientation, whatever the file's was.
  public var storage: Storage
  /// The logical shape: that of the dense parameter.
  public var shape: Shape
  /// The tensor as the file held it; of a sum the first.
  public var stored: Tensor
  /// How the file laid it out, against the logical orientation.
  public var layout: Layout

  public init(
    role: Role, name: String, storage: Storage, shape: Shape, stored: Tensor,
    layout: Layout = .asIs
  ) {
    self.role = role
    self.name = name
    self.storage = storage
    self.shape = shape
    self.stored = stored
    self.layout = layout
  }
}

extension Parameter {
  /// The floating-point type of the values when they are dense.
  public var elementType: ElementType { stored.elementType }

  /// The same parameter with other values, of the same shape unless another is given.
  ///
  /// - Parameter elementType: of the values when they are dense; nil for the same as before.
  public func holding(
    _ storage: Storage, shape: Shape? = nil, elementType: ElementType? = nil
  ) -> Parameter {
    let shape = shape ?? self.shape
    return Parameter(
      role: role, name: name, storage: storage, shape: shape,
      stored: storage.tensor(of: shape, as: elementType ?? self.elementType))
  }
}

/// A buffer that was found in a file.
public struct StoredBuffer: Sendable {
  public var buffer: Buffer
  public var name: String
  public var tensor: Tensor

  public init(_ buffer: Buffer, name: String, tensor: Tensor) {
    self.buffer = buffer
    self.name = name
    self.tensor = tensor
  }
}

/// A second tensor of a parameter: a copy, as the masked-language-model layer of a `tf_model.h5` holds of the
/// embeddings, or an addend, as PyTorch's LSTM has two biases that are only ever used as their sum.
public struct StoredCopy: Sendable {
  public var role: Role
  public var name: String
  public var tensor: Tensor

  public init(_ role: Role, name: String, tensor: Tensor) {
    self.role = role
    self.name = name
    self.tensor = tensor
  }
}
