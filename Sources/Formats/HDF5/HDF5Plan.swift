import CHDF5
import Checkpoints
import Glibc
import Tensors

/// What an HDF5 file is to hold: groups, attributes and datasets, laid out the same way for the
/// same plan.
struct HDF5Plan {
  private(set) var groups: [String] = []
  private(set) var attributes: [(object: String, name: String, value: Value)] = []
  private(set) var datasets: [NamedTensor] = []

  enum Value {
    case text(String)
    case names([String])
  }

  mutating func addGroup(_ path: String) { groups.append(path) }

  /// Adds a text to the root ("") or a group or dataset.
  mutating func addText(_ text: String, _ name: String, of object: String) throws {
    guard !text.utf8.contains(0), !name.utf8.contains(0), !name.isEmpty else {
      throw Failure(HDF5WriteReason.nulInText(name))
    }
    attributes.append((object, name, .text(text)))
  }

  mutating func addNames(_ names: [String], _ name: String, of object: String) {
    attributes.append((object, name, .names(names)))
  }

  /// Adds tensors by their names, which are paths; bfloat16 gets the attribute by which Keras knows
  /// it.
  ///
  /// - Throws: ``Failure`` if HDF5 cannot have a name, or not beside another.
  mutating func addDatasets(_ tensors: [NamedTensor], format: String) throws {
    var taken: Set<String> = []
    for tensor in tensors {
      let place = Place(tensor: tensor.name)
      guard taken.insert(tensor.name).inserted else {
        throw Failure(FormatReason.duplicateOutputName, at: place)
      }
      try Self.check(tensor.name)
      guard tensor.tensor.shape.rank <= Int(PARE_HDF5_MAXIMUM_RANK) else {
        throw Failure(HDF5WriteReason.tooManyAxes(tensor.tensor.shape.rank), at: place)
      }
      guard tensor.tensor.elementType.hdf5 != nil else {
        throw Failure(
          FormatReason.noSuchTensorType(tensor.tensor.elementType, format: format), at: place)
      }
      if tensor.tensor.elementType == .bf16 {
        try addText("bfloat16", "dtype", of: tensor.name)
      }
    }
    for name in tensors.map(\.name) + groups {
      for folder in Self.folders(above: name) where taken.contains(folder) {
        throw Failure(HDF5WriteReason.nameConflict(folder), at: Place(tensor: name))
      }
    }
    if let group = groups.first(where: taken.contains) {
      throw Failure(HDF5WriteReason.nameConflict(group), at: Place(tensor: group))
    }
    datasets += tensors
  }

  /// - Throws: ``Failure`` unless a path is `part/part/…`.
  static func check(_ path: String) throws {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let areUsable = parts.allSatisfy { !$0.isEmpty && $0 != "." && !$0.utf8.contains(0) }
    guard areUsable, parts.count <= 60 else {
      throw Failure(HDF5WriteReason.unusableName, at: Place(tensor: path))
    }
  }

  private static func folders(above path: String) -> [String] {
    path.indices.filter { path[$0] == "/" }.map { String(path[..<$0]) }
  }
}

extension HDF5Plan {
  /// Writes the file: libhdf5 lays it out, the data are written past it.
  func write(to file: OutputFile, options: WriteOptions) throws {
    let writer = try HDF5Writer(file)
    let chunked = try layOut(writer, compressionLevel: options.compressionLevel)
    try HDF5Compression(chunked, level: options.compressionLevel ?? 0, options: options)
      .send(to: writer)
    let offsets = try writer.finish(datasets.count)
    try file.reserve(try Self.size(of: file))
    let placed = zip(datasets, offsets).compactMap { tensor, offset in
      offset.map { PlacedTensor(tensor, at: $0) }
    }
    try file.write(placed, options: options)
  }

  /// The size that the file will have; compressed, it will be smaller.
  func byteCount(compressionLevel: Int?) throws -> Int {
    let file = try OutputFile.inMemory(reportedAs: "the plan of the output")
    let writer = try HDF5Writer(file)
    _ = try layOut(writer, compressionLevel: nil)
    _ = try writer.finish(datasets.count)
    let size = try Self.size(of: file)
    guard compressionLevel != nil else { return size }
    // Each table of chunks takes a node of libhdf5's B-tree, 64 entries wide.
    return size + datasets.count { HDF5Chunking($0.tensor) != nil } * 4096
  }

  private static func size(of file: OutputFile) throws -> Int {
    var status = stat()
    guard fstat(file.descriptor, &status) == 0 else {
      throw Failure(OutputReason.cannotWrite, at: Place(file: file.path))
    }
    return Int(status.st_size)
  }

  /// - Returns: the datasets whose chunks are still to be sent, with their numbers.
  private func layOut(
    _ writer: borrowing HDF5Writer, compressionLevel: Int?
  ) throws -> [HDF5Compression.Item] {
    for group in groups { try writer.makeGroup(group) }
    var chunked: [HDF5Compression.Item] = []
    for tensor in datasets {
      guard let type = tensor.tensor.elementType.hdf5 else { continue }
      if let level = compressionLevel, let chunking = HDF5Chunking(tensor.tensor) {
        let number = try writer.makeChunked(tensor.name, type, chunking, level: level)
        chunked.append(.init(tensor: tensor, chunking: chunking, number: number))
      } else {
        _ = try writer.makeContiguous(tensor.name, type, tensor.tensor.shape)
      }
    }
    for (object, name, value) in attributes {
      switch value {
      case .text(let text): try writer.set(name, of: object, to: text)
      case .names(let names): try writer.set(name, of: object, toNames: names)
      }
    }
    return chunked
  }
}

extension ElementType {
  /// The type in HDF5, or nil where it has none.
  fileprivate var hdf5: pare_hdf5_element? {
    switch self {
    case .bool: PARE_HDF5_BOOL
    case .u8: PARE_HDF5_U8
    case .i8: PARE_HDF5_I8
    case .i16: PARE_HDF5_I16
    case .u16: PARE_HDF5_U16
    case .f16: PARE_HDF5_F16
    case .bf16: PARE_HDF5_BF16
    case .i32: PARE_HDF5_I32
    case .u32: PARE_HDF5_U32
    case .f32: PARE_HDF5_F32
    case .f64: PARE_HDF5_F64
    case .i64: PARE_HDF5_I64
    case .u64: PARE_HDF5_U64
    case .f4, .f6e2m3, .f6e3m2, .f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz, .c64: nil
    }
  }
}
