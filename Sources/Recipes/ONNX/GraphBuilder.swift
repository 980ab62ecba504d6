import Checkpoints
import Kernels
import Tensors

/// Puts a graph of ONNX's operators together, in version 17 of them, on a model's weights.
struct GraphBuilder {
  private(set) var graph = OperatorGraph()
  /// The names and element types of weights in the file, by their roles.
  private let weights: [Role: (name: String, type: ElementType)]
  /// What has been added under a module's name, by which the next operators are named.
  var scope = ""
  private var count = 0
  private var constants: [String: String] = [:]
  private var prepared: [String: String] = [:]

  init(weights: [Role: (name: String, type: ElementType)]) { self.weights = weights }

  func has(_ module: Module) -> Bool { weights[Role(module, .weight)] != nil }

  /// Adds an operator with one output.
  ///
  /// - Returns: the name of that.
  mutating func add(
    _ type: String, _ inputs: String..., attributes: [(key: String, value: Attribute)] = [],
    as output: String? = nil
  ) -> String {
    count += 1
    let name = "/\(scope)/\(type)_\(count)"
    let output = output ?? "\(name)_output"
    graph.operators.append(
      OperatorGraph.Operator(type, named: name, inputs, to: [output], attributes))
    return output
  }

  mutating func takeIn(_ value: OperatorGraph.Value) { graph.inputs.append(value) }

  /// Makes a value an output of the whole.
  mutating func giveOut(_ value: String, as name: String, _ lengths: [OperatorGraph.Length]) {
    _ = add("Identity", value, as: name)
    graph.outputs.append(OperatorGraph.Value(name, .f32, lengths))
  }

  // MARK: Constants

  mutating func integers(_ values: [Int]) -> String {
    let bytes = values.flatMap { value in
      withUnsafeBytes(of: Int64(value).littleEndian) { Array($0) }
    }
    return constant(
      "integers/\(values.map(String.init).joined(separator: ","))",
      Tensor(.i64, [values.count], source: MemorySource(bytes)))
  }

  mutating func integer(_ value: Int) -> String {
    let bytes = withUnsafeBytes(of: Int64(value).littleEndian) { Array($0) }
    return constant("integer/\(value)", Tensor(.i64, [], source: MemorySource(bytes)))
  }

  mutating func number(_ value: Float) -> String {
    let bytes = withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    return constant("number/\(value)", Tensor(.f32, [], source: MemorySource(bytes)))
  }

  private mutating func constant(_ key: String, _ tensor: Tensor) -> String {
    if let known = constants[key] { return known }
    // A name that readers take for one that an exporter made up.
    let name = "/constants/\(key)"
    graph.constants.append(NamedTensor(name, tensor))
    constants[key] = name
    return name
  }

  // MARK: Weights

  /// A weight in single precision, whatever the file holds.
  mutating func weight(_ role: Role) throws -> String {
    guard let (name, type) = weights[role] else {
      throw Failure(ModelReason.incomplete(["\(role)"]))
    }
    guard type != .f32 else { return name }
    return prepared("cast \(name)") {
      $0.add("Cast", name, attributes: [("to", .int64(1))])
    }
  }

  /// The weight of a linear, `[out, in]`, turned round as a product needs it.
  mutating func turned(_ role: Role) throws -> String {
    let weight = try weight(role)
    return prepared("turned \(weight)") {
      $0.add("Transpose", weight, attributes: [("perm", .axes([1, 0]))])
    }
  }

  /// What is made of a weight is made once.
  private mutating func prepared(_ key: String, _ make: (inout Self) -> String) -> String {
    if let known = prepared[key] { return known }
    let name = make(&self)
    prepared[key] = name
    return name
  }

  // MARK: Layers

  mutating func linear(_ module: Module, _ x: String) throws -> String {
    let product = add("MatMul", x, try turned(Role(module, .weight)))
    let bias = Role(module, .bias)
    return weights[bias] == nil ? product : add("Add", product, try weight(bias))
  }

  mutating func norm(_ module: Module, _ x: String, epsilon: Float) throws -> String {
    add(
      "LayerNormalization", x, try weight(Role(module, .weight)), try weight(Role(module, .bias)),
      attributes: [("axis", .int64(-1)), ("epsilon", .float32(epsilon))])
  }

  mutating func activation(_ function: ActivationFunction, _ x: String) -> String {
    switch function {
    case .relu: return add("Relu", x)
    case .tanh: return add("Tanh", x)
    case .sigmoid: return add("Sigmoid", x)
    case .silu: return add("Mul", x, add("Sigmoid", x))
    case .geluSigmoid: return add("Mul", x, add("Sigmoid", add("Mul", x, number(1.702))))
    case .gelu:
      let erf = add("Erf", add("Mul", x, number(Float(0.5).squareRoot())))
      return add("Mul", add("Mul", x, number(0.5)), add("Add", erf, number(1)))
    case .geluTanh:
      let cube = add("Mul", add("Mul", x, x), x)
      let sum = add("Add", x, add("Mul", cube, number(0.044715)))
      let tanh = add("Tanh", add("Mul", sum, number((2 / Float.pi).squareRoot())))
      return add("Mul", add("Mul", x, number(0.5)), add("Add", tanh, number(1)))
    }
  }

  /// The rows of a table for some indices.
  mutating func rows(of role: Role, _ indices: String) throws -> String {
    add("Gather", try weight(role), indices, attributes: [("axis", .int64(0))])
  }
}

extension Attribute {
  /// The order of axes.
  static func axes(_ values: [Int]) -> Attribute {
    .array(.int64, values.map { .int64(Int64($0)) })
  }
}
