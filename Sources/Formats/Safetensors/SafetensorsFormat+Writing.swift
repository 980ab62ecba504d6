import Checkpoints
import Documents
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
      try output.makeFile("model" + Self.indexEnding).write(
        [UInt8](indexText(of: shards).utf8), at: 0)
    }
  }

  package func plannedFiles(
    _ container: Container, options: WriteOptions
  ) throws -> [PlannedFile] {
    try SafetensorsShard.plan(container, shardSize: options.shardSize).map {
      PlannedFile(name: $0.fileName, byteCount: $0.byteCount)
    }
  }

  /// The index as transformers writes it: keys sorted, indented by two.
  private func indexText(of shards: [SafetensorsShard]) -> String {
    let places = shards.flatMap { shard in
      shard.tensors.map { (key: $0.name, value: JSON.string(shard.fileName)) }
    }
    let size = shards.reduce(0) { $0 + $1.dataByteCount }
    let index: JSON = .object([
      ("metadata", ["total_size": .integer(size)]),
      ("weight_map", .object(places.sorted { $0.key.utf8.precedes($1.key.utf8) })),
    ])
    return index.text(pretty: true) + "\n"
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

  /// Splits tensors as huggingface_hub does: in order, a new file when the next one does not fit.
  static func plan(_ container: Container, shardSize: Int?) throws -> [SafetensorsShard] {
    var groups: [[NamedTensor]] = [[]]
    var size = 0
    for tensor in container.tensors {
      let byteCount = tensor.tensor.byteCount
      if let shardSize, size > 0, byteCount > shardSize - min(size, shardSize) {
        groups.append([])
        size = 0
      }
      groups[groups.count - 1].append(tensor)
      size += byteCount
    }
    return try groups.enumerated().map { index, group in
      let name =
        groups.count == 1
        ? "model.safetensors"
        : "model-\(padded(index + 1))-of-\(padded(groups.count)).safetensors"
      return try SafetensorsShard(name, group, container.metadata)
    }
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
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
