import Checkpoints
import Tensors

extension SafetensorsFormat {
  package func write(
    _ container: Container, to output: OutputTransaction, options: WriteOptions
  ) throws {
    let shards = try SafetensorsShard.plan(container, shardSize: options.shardSize)
    if shards.count > 1 {
      guard case .folder = output.destination else { throw Failure(FormatReason.needsFolder(name)) }
    }
    for shard in shards { try shard.write(to: output, options: options) }
    if shards.count > 1 {
      let index = ShardIndex.text(of: shards.map { ($0.fileName, $0.tensors) })
      try output.makeFile("model" + Self.indexEnding).write([UInt8](index.utf8), at: 0)
    }
  }

  package func plannedFiles(
    _ container: Container, options: WriteOptions
  ) throws -> [PlannedFile] {
    try SafetensorsShard.plan(container, shardSize: options.shardSize).map {
      PlannedFile(name: $0.fileName, byteCount: $0.byteCount)
    }
  }
}

/// One file of a safetensors model, laid out and ready to be written.
struct SafetensorsShard {
  let fileName: String
  /// In the order of their data.
  let tensors: [NamedTensor]
  let header: [UInt8]
  let dataByteCount: Int

  var byteCount: Int { header.count + dataByteCount }

  static func plan(_ container: Container, shardSize: Int?) throws -> [SafetensorsShard] {
    try container.shards(of: shardSize, stem: "model", ending: ".safetensors").map { shard in
      try SafetensorsShard(shard.fileName, shard.tensors, container.metadata)
    }
  }

  /// Lays out tensors as the reference does: by alignment, the largest first, then by name.
  private init(
    _ fileName: String, _ tensors: [NamedTensor], _ metadata: [(key: String, value: String)]
  ) throws {
    self.fileName = fileName
    self.tensors = tensors.sorted {
      let (left, right) = ($0.tensor.elementType.rank, $1.tensor.elementType.rank)
      return left != right ? left > right : $0.name.utf8.precedes($1.name.utf8)
    }
    var end = 0
    let placed = self.tensors.map { tensor in
      defer { end += tensor.tensor.byteCount }
      return SafetensorsHeader.Placed(
        tensor.name, tensor.tensor.elementType, tensor.tensor.shape,
        end..<(end + tensor.tensor.byteCount))
    }
    header = try SafetensorsHeader.bytes(placed, metadata)
    dataByteCount = end
  }

  func write(to output: OutputTransaction, options: WriteOptions) throws {
    let file = try output.makeFile(fileName)
    try file.reserve(byteCount)
    try file.write(header, at: 0)
    var offset = header.count
    let placed = tensors.map { tensor in
      defer { offset += tensor.tensor.byteCount }
      return PlacedTensor(tensor, at: offset)
    }
    try file.write(placed, options: options)
  }
}

extension String.UTF8View {
  /// Order by bytes, which is how Rust and Python's UTF-8 sort names.
  func precedes(_ other: String.UTF8View) -> Bool { lexicographicallyPrecedes(other) }
}
