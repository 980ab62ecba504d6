import Tensors

/// The operations of a model, for formats that hold them beside the weights. Values and weights go by their names.
public struct OperatorGraph: Sendable {
  /// In an order in which they can be run.
  public var operators: [Operator] = []
  public var inputs: [Value] = []
  public var outputs: [Value] = []
  /// Numbers that operators need besides the model's weights: shapes, axes, factors.
  public var constants: [NamedTensor] = []

  public init() {}

  /// One operation.
  public struct Operator: Sendable {
    public var name: String
    /// As the format calls it, such as `MatMul`.
    public var type: String
    public var inputs: [String]
    public var outputs: [String]
    public var attributes: [(key: String, value: Attribute)]

    public init(
      _ type: String, named name: String, _ inputs: [String], to outputs: [String],
      _ attributes: [(key: String, value: Attribute)] = []
    ) {
      self.name = name
      self.type = type
      self.inputs = inputs
      self.outputs = outputs
      self.attributes = attributes
    }
  }

  /// What goes in or comes out.
  public struct Value: Sendable {
    public var name: String
    public var elementType: ElementType
    public var lengths: [Length]

    public init(_ name: String, _ elementType: ElementType, _ lengths: [Length]) {
      self.name = name
      self.elementType = elementType
      self.lengths = lengths
    }
  }

  /// The length of an axis: known, or whatever comes, under a name by which equal ones are told.
  public enum Length: Sendable {
    case fixed(Int)
    case named(String)
  }
}
