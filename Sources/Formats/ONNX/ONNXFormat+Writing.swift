import Checkpoints
import Tensors

extension ONNXFormat {
  package func write(
    _ container: Container, to output: OutputTransaction, options: WriteOptions
  ) throws {
    let model = try ONNXModel(container, format: name)
    let file = try output.makeFile(folderNames[0])
    try file.reserve(model.byteCount)
    for part in model.headers { try file.write(part.bytes, at: part.offset) }
    try file.write(model.tensors, options: options)
  }

  package func plannedFiles(
    _ container: Container, options: WriteOptions
  ) throws -> [PlannedFile] {
    let model = try ONNXModel(container, format: name)
    return [PlannedFile(name: folderNames[0], byteCount: model.byteCount)]
  }
}

/// A model in ONNX as it is going to lie in a file: the bytes of messages, and the places of tensors between them.
private struct ONNXModel {
  private(set) var headers: [(offset: Int, bytes: [UInt8])] = []
  private(set) var tensors: [PlacedTensor] = []
  private(set) var byteCount = 0

  /// Of the format's messages, and of its operators (LayerNormalization came with the seventeenth).
  private static let (version, operators) = (8, 17)
  /// No protobuf message is longer.
  private static let sizeLimit = Int(Int32.max)

  init(_ container: Container, format: String) throws {
    guard let graph = container.graph else { throw Failure(ONNXReason.noOperations) }
    var head = ProtobufWriter()
    for node in graph.operators { head.add(1, try node.message()) }
    head.add(2, "pare")
    for input in graph.inputs { head.add(11, try input.message()) }
    for output in graph.outputs { head.add(12, try output.message()) }
    let stored = graph.constants + container.tensors
    let descriptions = try stored.map { try Self.description(of: $0, format: format) }
    let graphSize = zip(descriptions, stored).reduce(head.bytes.count) {
      $0 + $1.0.count + $1.1.tensor.byteCount
    }
    put(Self.beginning(container, graphSize: graphSize) + head.bytes)
    for (tensor, description) in zip(stored, descriptions) {
      put(description)
      tensors.append(PlacedTensor(tensor, at: byteCount))
      byteCount += tensor.tensor.byteCount
    }
    guard byteCount <= Self.sizeLimit else { throw Failure(ONNXReason.tooLarge(byteCount)) }
  }

  private mutating func put(_ bytes: [UInt8]) {
    headers.append((byteCount, bytes))
    byteCount += bytes.count
  }

  /// What stands before the graph (`ModelProto`).
  private static func beginning(_ container: Container, graphSize: Int) -> [UInt8] {
    var model = ProtobufWriter()
    model.add(1, version)
    model.add(2, "pare")
    var operatorSet = ProtobufWriter()
    operatorSet.add(1, "")
    operatorSet.add(2, operators)
    model.add(8, operatorSet)
    for (key, value) in container.metadata {
      var entry = ProtobufWriter()
      entry.add(1, key)
      entry.add(2, value)
      model.add(14, entry)
    }
    model.begin(7, byteCount: graphSize)
    return model.bytes
  }

  /// An initializer up to its data, which stand last (`TensorProto`).
  private static func description(of stored: NamedTensor, format: String) throws -> [UInt8] {
    let tensor = stored.tensor
    guard let type = ONNXElement.number(of: tensor.elementType) else {
      throw Failure(
        FormatReason.noSuchTensorType(tensor.elementType, format: format),
        at: Place(tensor: stored.name))
    }
    var message = ProtobufWriter()
    for length in tensor.shape.lengths { message.add(1, length) }
    message.add(2, type)
    message.add(8, stored.name)
    message.begin(9, byteCount: tensor.byteCount)
    var field = ProtobufWriter()
    field.begin(5, byteCount: message.bytes.count + tensor.byteCount)
    return field.bytes + message.bytes
  }
}

extension OperatorGraph.Operator {
  /// As `NodeProto`.
  fileprivate func message() throws -> ProtobufWriter {
    var node = ProtobufWriter()
    for input in inputs { node.add(1, input) }
    for output in outputs { node.add(2, output) }
    node.add(3, name)
    node.add(4, type)
    for (key, value) in attributes { node.add(5, try value.message(key)) }
    return node
  }
}

extension Attribute {
  /// As `AttributeProto`, of the kinds that operators take.
  fileprivate func message(_ key: String) throws -> ProtobufWriter {
    var attribute = ProtobufWriter()
    attribute.add(1, key)
    switch self {
    case .float32(let value):
      attribute.add(2, value)
      attribute.add(20, 1)
    case .int64(let value):
      attribute.add(3, Int(value))
      attribute.add(20, 2)
    case .array(.int64, let values):
      for value in values { attribute.add(8, value.integer ?? 0) }
      attribute.add(20, 7)
    default: throw Failure(ONNXReason.attribute(key))
    }
    return attribute
  }
}

extension OperatorGraph.Value {
  /// As `ValueInfoProto`.
  fileprivate func message() throws -> ProtobufWriter {
    guard let type = ONNXElement.number(of: elementType) else {
      throw Failure(ONNXReason.noType(elementType))
    }
    var shape = ProtobufWriter()
    for length in lengths {
      var dimension = ProtobufWriter()
      switch length {
      case .fixed(let count): dimension.add(1, count)
      case .named(let name): dimension.add(2, name)
      }
      shape.add(1, dimension)
    }
    var tensor = ProtobufWriter()
    tensor.add(1, type)
    tensor.add(2, shape)
    var kind = ProtobufWriter()
    kind.add(1, tensor)
    var value = ProtobufWriter()
    value.add(1, name)
    value.add(2, kind)
    return value
  }
}
