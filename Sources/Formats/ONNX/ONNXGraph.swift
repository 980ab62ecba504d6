import Tensors

/// A model in ONNX as far as weights go: its initializers, constants among its nodes, and what operations do with them.
struct ONNXGraph {
  private(set) var initializers: [ONNXTensor] = []
  private(set) var nodes: [ONNXNode] = []
  private(set) var metadata: [(key: String, value: String)] = []

  /// The node that takes a value, and as which of its operands; the first of several.
  private var consumers: [String: (node: Int, operand: Int)] = [:]

  /// Fields of `ModelProto` and `GraphProto`.
  private enum Number {
    static let graph = 7
    static let metadata = 14
    static let node = 1
    static let initializer = 5
  }

  init(_ file: InputFile) throws {
    var walker = ProtobufWalker(file, 0..<file.byteCount)
    var hasGraph = false
    while let field = try walker.next() {
      guard case .bytes(let number, let range) = field else { continue }
      if number == Number.graph {
        hasGraph = true
        try readGraph(file, range)
      } else if number == Number.metadata {
        metadata.append(try Self.entry(file, range))
      }
    }
    guard hasGraph else { throw Failure(ONNXReason.noGraph, at: Place(file: file.path)) }
    for (index, node) in nodes.enumerated() {
      for (operand, name) in node.inputs.enumerated() where consumers[name] == nil {
        consumers[name] = (index, operand)
      }
    }
  }

  private mutating func readGraph(_ file: InputFile, _ range: Range<Int>) throws {
    var walker = ProtobufWalker(file, range)
    while let field = try walker.next() {
      guard case .bytes(let number, let range) = field else { continue }
      if number == Number.node {
        let node = try ONNXNode(file, range)
        if let value = node.value, let output = node.outputs.first {
          var constant = try ONNXTensor(file, value)
          constant.name = output
          initializers.append(constant)
        }
        nodes.append(node)
      } else if number == Number.initializer {
        initializers.append(try ONNXTensor(file, range))
      }
    }
  }

  /// A key and its text (`StringStringEntryProto`).
  static func entry(
    _ file: InputFile, _ range: Range<Int>
  ) throws -> (key: String, value: String) {
    var walker = ProtobufWalker(file, range)
    var (key, value) = ("", "")
    while let field = try walker.next() {
      switch field {
      case .bytes(1, let range): key = try walker.text(range, field: 1)
      case .bytes(2, let range): value = try walker.text(range, field: 2)
      default: continue
      }
    }
    return (key, value)
  }

  func consumer(of name: String) -> (node: ONNXNode, operand: Int)? {
    consumers[name].map { (nodes[$0.node], $0.operand) }
  }
}

extension ONNXGraph {
  /// What a weight is called in the model that was exported, where its own name is one that the exporter made up.
  ///
  /// The weight of a linear layer is transposed, loses its name and becomes the second operand of a product; the bias that is added next has kept
  /// its name, and products are named after their modules.
  ///
  /// - Returns: also whether the tensor is the transpose of what has that name.
  func recoveredName(
    of name: String, biases: Set<String>
  ) -> (name: String, isTransposed: Bool)? {
    guard Self.isMadeUp(name), let first = consumer(of: name) else { return nil }
    var (node, operand) = first
    if node.operation == "DequantizeLinear", operand == 0, let output = node.outputs.first,
      let product = consumer(of: output)
    {
      (node, operand) = product
    }
    guard operand == 1 else { return nil }
    switch node.operation {
    case "Gemm":
      guard node.inputs.count > 2, let path = Self.weight(beside: node.inputs[2]) else {
        return nil
      }
      return (path, !node.transposesSecond)
    case "MatMul", "MatMulInteger":
      if let bias = bias(behind: node, among: biases), let path = Self.weight(beside: bias) {
        return (path, true)
      }
      return Self.weight(ofModule: node.name).map { ($0, true) }
    default: return nil
    }
  }

  /// The bias that is added to what a node makes; between them products of integers are turned into numbers and scaled.
  private func bias(behind node: ONNXNode, among biases: Set<String>) -> String? {
    var node = node
    for _ in 0..<3 {
      guard let output = node.outputs.first, let next = consumer(of: output)?.node else {
        return nil
      }
      if next.operation == "Add" { return next.inputs.first { biases.contains($0) } }
      guard ["Cast", "Mul"].contains(next.operation) else { return nil }
      node = next
    }
    return nil
  }

  /// `X.weight` of `X.bias`, and `X_weight` of `X_bias`.
  private static func weight(beside bias: String) -> String? {
    guard bias.hasSuffix("bias") else { return nil }
    return bias.dropLast("bias".count) + "weight"
  }

  /// `encoder.layer.0.query.weight` of the node `/encoder/layer.0/query/MatMul`.
  private static func weight(ofModule node: String) -> String? {
    let parts = node.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count > 2, parts[0].isEmpty, parts[parts.count - 1].hasPrefix("MatMul") else {
      return nil
    }
    return parts.dropFirst().dropLast().joined(separator: ".") + ".weight"
  }

  /// Whether a name is one that PyTorch's exporters number their values by.
  static func isMadeUp(_ name: String) -> Bool {
    name.contains("::") || name.hasPrefix("/") || name.hasPrefix("val_")
      || name.allSatisfy { $0.isASCII && $0.isNumber }
  }
}
