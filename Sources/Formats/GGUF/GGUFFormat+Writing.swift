import Checkpoints
import Tensors

extension GGUFFormat {
  package func write(
    _ container: Container, to output: OutputTransaction, options: WriteOptions
  ) throws {
    let parts = try GGUFPart.plan(try prepared(container, options: options).container, options)
    if parts.count > 1 {
      guard case .folder = output.destination else { throw Failure(FormatReason.needsFolder(name)) }
    }
    for part in parts { try part.write(to: output, options: options) }
  }

  package func plannedFiles(
    _ container: Container, options: WriteOptions
  ) throws -> [PlannedFile] {
    try GGUFPart.plan(try prepared(container, options: options).container, options).map {
      PlannedFile(name: $0.fileName, byteCount: $0.byteCount)
    }
  }
}

/// One file of an output, laid out.
private struct GGUFPart {
  let fileName: String
  private let header: [UInt8]
  private let tensors: [PlacedTensor]
  let byteCount: Int

  /// The files that tensors go into: in order, a new one when the next tensor does not fit.
  static func plan(_ container: Container, _ options: WriteOptions) throws -> [GGUFPart] {
    let attributes = attributes(of: container)
    let alignment = attributes.first { $0.key == GGUF.alignmentKey }?.value.integer
    let shards = container.shards(of: options.shardSize, stem: "model", ending: ".gguf") {
      $0.blocks == nil ? $0.tensor.byteCount : $0.byteCount
    }
    return try shards.enumerated().map { index, shard in
      let split =
        shards.count > 1
        ? splitValues(
          index, of: shards.count, tensors: container.tensors.count + container.foreign.count)
        : []
      let foreign = index == shards.count - 1 ? container.foreign : []
      return GGUFPart(
        shard.fileName, (index == 0 ? attributes : []) + split,
        try shard.tensors.map(StoredTensor.init) + foreign.compactMap(StoredTensor.init),
        // Only the first part says so of itself.
        alignment: index == 0 ? alignment ?? GGUF.usualAlignment : GGUF.usualAlignment)
    }
  }

  /// What stands beside the tensors: attributes, then text that is not among them.
  private static func attributes(of container: Container) -> [(key: String, value: Attribute)] {
    let attributes = container.attributes.filter { !GGUFSplit.keys.contains($0.key) }
    let known = Set(attributes.map(\.key))
    return attributes
      + container.metadata.filter { !known.contains($0.key) && !GGUFSplit.keys.contains($0.key) }
      .map { ($0.key, .string($0.value)) }
  }

  private static func splitValues(
    _ index: Int, of count: Int, tensors: Int
  ) -> [(key: String, value: Attribute)] {
    [
      (GGUFSplit.numberKey, .uint16(UInt16(clamping: index))),
      (GGUFSplit.countKey, .uint16(UInt16(clamping: count))),
      (GGUFSplit.tensorCountKey, .int32(Int32(clamping: tensors))),
    ]
  }

  private init(
    _ fileName: String, _ attributes: [(key: String, value: Attribute)], _ tensors: [StoredTensor],
    alignment: Int
  ) {
    self.fileName = fileName
    var end = 0
    var offsets: [Int] = []
    for tensor in tensors {
      offsets.append(end)
      end = GGUF.aligned(end + tensor.source.byteCount, to: alignment)
    }
    let header = GGUFHeader.bytes(
      attributes,
      zip(tensors, offsets).map { tensor, offset in
        GGUFHeader.Placed(
          name: tensor.name, shape: tensor.shape, type: tensor.type, offset: offset)
      }, alignment: alignment)
    self.header = header
    self.tensors = zip(tensors, offsets).map { tensor, offset in
      PlacedTensor(tensor.padded(to: alignment), at: header.count + offset)
    }
    byteCount = header.count + end
  }

  func write(to output: OutputTransaction, options: WriteOptions) throws {
    let file = try output.makeFile(fileName)
    try file.reserve(byteCount)
    try file.write(header, at: 0)
    try file.write(tensors, options: options)
  }
}

/// A tensor as a file holds it: what its structure says, and the bytes.
private struct StoredTensor {
  let name: String
  let shape: Shape
  /// The number of its type.
  let type: UInt32
  let source: any TensorSource

  init(_ tensor: NamedTensor) throws {
    func failure(_ reason: any Reason) -> Failure {
      Failure(reason, at: Place(tensor: tensor.name))
    }
    guard tensor.name.utf8.count <= GGUF.nameLimit else {
      throw failure(GGUFReason.nameTooLong(tensor.name.utf8.count))
    }
    name = tensor.name
    shape = tensor.tensor.shape
    guard shape.rank <= 4 else { throw failure(GGUFReason.rankToWrite(shape.rank)) }
    if let blocks = tensor.blocks {
      type = GGMLType.number(of: blocks)
      if let held = tensor.tensor.source as? BlockSource, held.type == blocks {
        source = held.blocks
      } else {
        source = RoundingSource(tensor.tensor, blocks)
      }
      return
    }
    let elements = tensor.tensor.elementType
    guard let number = GGMLType.number(of: elements) else {
      throw failure(FormatReason.noSuchTensorType(elements, format: "gguf"))
    }
    type = number
    source = tensor.tensor.source
  }

  /// A tensor of a type that is not known but for its size, as it was read; nil without its bytes.
  init?(_ foreign: ForeignTensor) {
    guard let content = foreign.content, let shape = Shape(checking: foreign.shape),
      let number = GGMLType.number(ofForeign: foreign.type)
    else { return nil }
    name = foreign.name
    self.shape = shape
    type = number
    source = content
  }

  /// The bytes with the zeros that follow them, so that the file is written without a gap.
  func padded(to alignment: Int) -> NamedTensor {
    let padding = GGUF.aligned(source.byteCount, to: alignment) - source.byteCount
    let bytes = PaddedSource(base: source, padding: padding)
    return NamedTensor(name, Tensor(.u8, [bytes.byteCount], source: bytes))
  }
}
