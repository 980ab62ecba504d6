import Checkpoints
import Tensors

/// A checkpoint of TensorFlow's in its second version, opened: what its index says, and the files of data that it speaks of
/// (`tensorflow/core/util/tensor_bundle`).
struct TensorBundle {
  private let index: SortedTable
  private let prefix: String
  private let access: FileAccess
  private var header = BundleHeader()
  /// In the order of the index.
  private var entries: [(name: String, key: [UInt8], entry: BundleEntry)] = []
  /// What is stored in parts, by the keys of the parts.
  private var slices: [[UInt8]: BundleEntry] = [:]
  private var shards: [Int: InputFile] = [:]

  private(set) var tensors: [NamedTensor] = []
  private(set) var foreign: [ForeignTensor] = []
  private(set) var diagnostics: [Diagnostic] = []

  /// The index first.
  var files: [InputFile] { [index.file] + shards.sorted { $0.key < $1.key }.map(\.value) }

  /// - Parameter path: of the index.
  init(_ path: String, access: FileAccess) throws {
    index = try SortedTable(InputFile(path, access: .read))
    prefix = BundlePrefix(path).path
    self.access = access
    do {
      try readIndex()
      try openShards()
      try placeTensors()
    } catch let failure as Failure {
      throw failure.within(Place(file: index.file.path))
    }
  }

  private mutating func readIndex() throws {
    var header: BundleHeader?
    try index.visitEntries { entry in
      if entry.key.isEmpty {
        header = try BundleHeader(entry)
      } else if header == nil {
        throw Failure(BundleReason.noHeader)
      } else if entry.key[0] == 0 {
        slices[entry.key] = try BundleEntry(entry)
      } else {
        guard let name = String(validating: entry.key, as: UTF8.self) else {
          throw Failure(BundleReason.nameNotText, at: Place(offset: entry.offset))
        }
        entries.append((name, entry.key, try BundleEntry(entry)))
      }
    }
    guard let header else { throw Failure(BundleReason.noHeader) }
    self.header = header
  }

  /// Opens the files that anything lies in.
  private mutating func openShards() throws {
    let stored = entries.filter { $0.entry.slices.isEmpty }.map(\.entry) + slices.values
    for entry in stored {
      guard (0..<header.shardCount).contains(entry.shard) else {
        throw Failure(
          BundleReason.shard(entry.shard, of: header.shardCount), at: Place(offset: entry.place))
      }
    }
    let paths = Set(stored.map(\.shard)).sorted().map { ($0, path(ofShard: $0)) }
    let missing = paths.filter { !exists($0.1) }.map { splitPath($0.1).name }
    guard missing.isEmpty else { throw Failure(ShardReason.missingFiles(missing)) }
    for (shard, path) in paths { shards[shard] = try InputFile(path, access: access) }
  }

  private func path(ofShard shard: Int) -> String {
    func digits(_ number: Int) -> String {
      String(String(100_000 + number).dropFirst())
    }
    return "\(prefix).data-\(digits(shard))-of-\(digits(header.shardCount))"
  }

  private mutating func placeTensors() throws {
    var descriptions = 0
    for (name, key, entry) in entries {
      do {
        if entry.type == BundleType.string, Self.isDescription(name) {
          descriptions += 1
        } else if let type = BundleType.elementType(entry.type) {
          tensors.append(NamedTensor(name, try tensor(entry, type, key)))
        } else {
          foreign.append(try foreignTensor(name, entry))
        }
      } catch let failure as Failure {
        throw failure.within(Place(tensor: name))
      }
    }
    if descriptions > 0 {
      diagnostics.append(
        Diagnostic(
          .note, .skipped, "what TensorFlow says of its objects, beside their variables: no tensors"
        ))
    }
  }

  /// Whether text is about the objects that variables belong to, as TensorFlow 2 keeps it in every checkpoint.
  private static func isDescription(_ name: String) -> Bool {
    name == "_CHECKPOINTABLE_OBJECT_GRAPH" || name.hasSuffix(".ATTRIBUTES/OBJECT_CONFIG_JSON")
  }

  private func foreignTensor(_ name: String, _ entry: BundleEntry) throws -> ForeignTensor {
    let type = BundleType.name(entry.type)
    guard entry.slices.isEmpty else {
      throw Failure(BundleReason.slicedType(type), at: Place(offset: entry.place))
    }
    return ForeignTensor(
      name: name, type: type, shape: try shape(entry).lengths, byteCount: try range(entry).count)
  }

  private func shape(_ entry: BundleEntry) throws -> Shape {
    guard let shape = Shape(checking: entry.shape) else {
      throw Failure(BundleReason.shape(entry.shape), at: Place(offset: entry.place))
    }
    return shape
  }

  /// Where a tensor lies in its file.
  private func range(_ entry: BundleEntry) throws -> Range<Int> {
    let (end, overflow) = entry.offset.addingReportingOverflow(entry.byteCount)
    guard entry.offset >= 0, entry.byteCount >= 0, !overflow else {
      throw Failure(
        BundleReason.range(entry.offset, entry.byteCount), at: Place(offset: entry.place))
    }
    return entry.offset..<end
  }

  private mutating func tensor(
    _ entry: BundleEntry, _ type: ElementType, _ key: [UInt8]
  ) throws -> Tensor {
    let shape = try shape(entry)
    guard let byteCount = shape.byteCount(of: type) else {
      throw Failure(BundleReason.shape(entry.shape), at: Place(offset: entry.place))
    }
    guard entry.slices.isEmpty else {
      return Tensor(type, shape, source: try sliced(entry, type, shape, key))
    }
    return Tensor(type, shape, source: try source(entry, type, byteCount))
  }

  private func source(
    _ entry: BundleEntry, _ type: ElementType, _ byteCount: Int
  ) throws -> any TensorSource {
    guard entry.byteCount == byteCount else {
      throw Failure(
        BundleReason.size(declared: entry.byteCount, needed: byteCount),
        at: Place(offset: entry.place))
    }
    let file = shards[entry.shard]!
    let source = ChecksummedSource(
      try FileSource(file, range(entry)), checksum: unmasked(entry.checksum))
    let width = BundleType.wordSize(of: type)
    return header.isBigEndian && width > 1 ? SwappedSource(base: source, width: width) : source
  }

  /// A variable whose parts have entries of their own, each taken once.
  private mutating func sliced(
    _ entry: BundleEntry, _ type: ElementType, _ shape: Shape, _ key: [UInt8]
  ) throws -> any TensorSource {
    let parts = try entry.slices.map { slice in
      let ranges = try slice.ranges(within: shape, of: entry)
      let lengths = Shape(ranges.map(\.count))
      guard let part = slices.removeValue(forKey: slice.key(of: key)), part.type == entry.type,
        part.shape == lengths.lengths, let byteCount = lengths.byteCount(of: type)
      else { throw Failure(BundleReason.sliceMissing, at: Place(offset: entry.place)) }
      return SliceAssembly.Part(ranges: ranges, source: try source(part, type, byteCount))
    }
    return try SliceAssembly(parts: parts, shape: shape, elementSize: type.bitWidth / 8)
      .source(at: entry.place)
  }
}
